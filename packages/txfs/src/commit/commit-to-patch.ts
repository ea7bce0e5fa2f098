import { randomBytes } from "node:crypto";
import { closeSync, constants, fsyncSync, linkSync, openSync, renameSync, statSync, unlinkSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { type BlobReader, type Changeset, patchChunks } from "@retake/changeset";
import { AT_FDCWD, isSystemCallError, renameNoReplaceAt } from "@retake/linux";
import { flushDirectory } from "../disk/flush-directory.ts";
import { writeAll } from "../disk/write-all.ts";
import { commitError } from "./commit-error.ts";

/** What to write to which patch file. */
export interface PatchCommit {
	/** Path of the patch. */
	readonly file: string;
	readonly changeset: Changeset;
	readonly blobs: BlobReader;
	/** Whether a file that is there already is replaced. */
	readonly overwrite: boolean;
}

/**
 * Writes a changeset as a git diff that `git apply` takes: whole and durable under its name, or not at all. Returns its size in
 * bytes. Throws `USAGE` for a file that is there and may not be replaced, `DISK_FULL`, `WORKSPACE_READ_ONLY`, `COMMIT_FAILED`.
 */
export function commitToPatch(commit: PatchCommit): number {
	checkPatchFile(commit);
	const file = resolve(commit.file);
	const directory = dirname(file);
	try {
		const scratch = join(directory, `.${basename(file)}.${randomBytes(6).toString("hex")}`);
		const descriptor = openSync(scratch, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o666);
		let size = 0;
		let isDone = false;
		try {
			try {
				for (const chunk of patchChunks(commit.changeset, commit.blobs, { moves: "renames" })) {
					writeAll(descriptor, chunk, size);
					size += chunk.length;
				}
				fsyncSync(descriptor);
			} finally {
				closeSync(descriptor);
			}
			if (commit.overwrite) renameSync(scratch, file);
			else renameToFree(scratch, file);
			isDone = true;
		} finally {
			if (!isDone) unlinkSync(scratch);
		}
		flushDirectory(directory);
		return size;
	} catch (cause) {
		if (isSystemCallError(cause, "EEXIST")) throw taken(file);
		throw commitError(cause, directory);
	}
}

/** Checks that a patch can be written to a file, before the work that leads there is done. Throws `USAGE`. */
export function checkPatchFile({ file, overwrite }: Pick<PatchCommit, "file" | "overwrite">): void {
	const path = resolve(file);
	if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() !== true) {
		throw new RetakeError("USAGE", `${dirname(path)} is not a directory, where the patch is to be written`, {
			sort: "misuse",
			remedy: "make the directory, or name another file",
			data: { file: path },
		});
	}
	const there = statSync(path, { throwIfNoEntry: false });
	if (there?.isDirectory() || (there !== undefined && !overwrite)) throw taken(path);
}

/** Renames to a name that nothing has. Throws `EEXIST`. */
function renameToFree(scratch: string, file: string): void {
	try {
		renameNoReplaceAt(AT_FDCWD, scratch, AT_FDCWD, file);
	} catch (error) {
		if (!isSystemCallError(error, "EINVAL")) throw error;
		// A file system that cannot rename so can link, which never replaces either.
		linkSync(scratch, file);
		unlinkSync(scratch);
	}
}

function taken(file: string): RetakeError {
	return new RetakeError("USAGE", `${file} is there already`, {
		sort: "misuse",
		remedy: "name another file, or ask for it to be replaced with --overwrite",
		data: { file },
	});
}
