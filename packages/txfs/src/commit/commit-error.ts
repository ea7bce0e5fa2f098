import { existsSync } from "node:fs";
import { type ErrorCode, isRetakeError, RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";

/** Says what a failure means for the person who commits: a full disk, a tree that cannot be written, or a failed commit. */
export function commitError(cause: unknown, root: string): RetakeError {
	if (isRetakeError(cause)) return cause;
	const { code, message, remedy } = meaningOf(cause, root);
	return new RetakeError(code, message, { cause, remedy, data: { root } });
}

function meaningOf(cause: unknown, root: string): { code: ErrorCode; message: string; remedy: string } {
	if (isSystemCallError(cause, "ENOSPC", "EDQUOT")) {
		return {
			code: "DISK_FULL",
			message: `no space is left to stage the commit on the file system of ${root}`,
			remedy: "free some space, or raise the quota, and commit again",
		};
	}
	if (isSystemCallError(cause, "EROFS", "EACCES", "EPERM")) {
		return {
			code: "WORKSPACE_READ_ONLY",
			message: `${root} cannot be written: ${cause.message}`,
			remedy: "make the directory writable for this user, or commit to a branch with branch:NAME",
		};
	}
	if (isSystemCallError(cause, "ENOENT") && !existsSync(root)) {
		return {
			code: "WORKSPACE_NOT_FOUND",
			message: `${root} was removed while the commit was made`,
			remedy: "the run is kept: commit it again where its workspace is",
		};
	}
	const text = cause instanceof Error ? cause.message : String(cause);
	return {
		code: "COMMIT_FAILED",
		message: `the commit to ${root} failed: ${text}`,
		remedy: "look at the cause, for example in `dmesg` after an input or output error, and commit again",
	};
}
