import { closeSync, constants, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { type BlobReader, type Changeset, patchChunks } from "@retake/changeset";
import { fileTaken, placeFile } from "../disk/place-file.ts";
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
	const { file, overwrite, changeset, blobs } = commit;
	try {
		let size = 0;
		const write = (scratch: string): void => {
			const descriptor = openSync(scratch, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o666);
			try {
				for (const chunk of patchChunks(changeset, blobs, { moves: "renames" })) {
					writeAll(descriptor, chunk, size);
					size += chunk.length;
				}
			} finally {
				closeSync(descriptor);
			}
		};
		placeFile({ path: file, overwrite, write });
		return size;
	} catch (cause) {
		throw commitError(cause, dirname(resolve(file)));
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
	if (there?.isDirectory() || (there !== undefined && !overwrite))
		throw fileTaken(path, "name another file, or ask for it to be replaced with --overwrite");
}
