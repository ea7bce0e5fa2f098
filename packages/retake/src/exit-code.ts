import type { ErrorCode } from "@retake/base";

/** Every exit code of the command line, and what it means. */
export const exitCodes = {
	done: 0,
	/** No candidate passed, the command failed, or two runs differ. */
	negative: 1,
	usage: 2,
	infrastructure: 3,
	diverged: 4,
	/** The target has changed; nothing was written. */
	conflict: 5,
	interrupted: 130,
} as const;

/** One exit code of the command line. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Maps an error's code to the exit code. */
export function exitCodeOf(code: ErrorCode): ExitCode {
	switch (code) {
		case "USAGE":
		case "WORKSPACE_NOT_FOUND":
		case "WORKSPACE_NOT_DIRECTORY":
		case "BASE_NOT_FOUND":
		case "REPOSITORY_NOT_FOUND":
		case "PATCH_INVALID":
		case "PATH_REFUSED":
		case "RUN_NOT_FOUND":
		case "RUN_AMBIGUOUS":
		case "RUN_STATE":
		case "TOOL_UNKNOWN":
		case "TOOL_INPUT":
		case "FILE_NOT_FOUND":
		case "IMAGE_NOT_FOUND":
			return exitCodes.usage;
		case "CONFLICT":
		case "PATCH_CONFLICT":
			return exitCodes.conflict;
		case "DIVERGENCE":
		case "TRACE_TAMPERED":
			return exitCodes.diverged;
		case "INTERRUPTED":
			return exitCodes.interrupted;
		case "WORKSPACE_READ_ONLY":
		case "TREE_REFUSED":
		case "TREE_CHANGED":
		case "LIMIT_EXCEEDED":
		case "LIMIT_UNENFORCEABLE":
		case "SANDBOX_UNAVAILABLE":
		case "SANDBOX_FAILED":
		case "IMAGE_DAMAGED":
		case "IMAGE_CHANGED":
		case "STORE_NEWER":
		case "STORE_DAMAGED":
		case "STORE_BUSY":
		case "BLOB_NOT_FOUND":
		case "COMMIT_FAILED":
		case "COMMIT_PENDING":
		case "TOOL_FAILED":
		case "SESSION_CLOSED":
		case "NOT_SERIALISABLE":
		case "ENCODING_INVALID":
		case "DISK_FULL":
		case "BUG":
			return exitCodes.infrastructure;
	}
}
