import { randomBytes } from "node:crypto";
import {
	closeSync,
	constants,
	existsSync,
	fsyncSync,
	linkSync,
	openSync,
	renameSync,
	rmSync,
	unlinkSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { AT_FDCWD, isSystemCallError, renameNoReplaceAt } from "@retake/linux";
import { flushDirectory } from "./flush-directory.ts";

/** A file that appears under its name whole and durable, or not at all. */
export interface PlacedFile {
	readonly path: string;
	/** Whether one that is there already is replaced. */
	readonly overwrite: boolean;
	/** Writes a new file of the name that it is given, which lies beside the other. */
	readonly write: (scratch: string) => void;
}

/** Writes a file beside its place, makes it durable, and puts it there. Throws `USAGE` for a file that is there and may not be replaced. */
export function placeFile({ path, overwrite, write }: PlacedFile): void {
	const file = resolve(path);
	if (!overwrite && existsSync(file)) throw fileTaken(file, "name another file, or remove that one");
	const directory = dirname(file);
	const scratch = join(directory, `.${basename(file)}.${randomBytes(6).toString("hex")}`);
	try {
		write(scratch);
		flush(scratch);
		if (overwrite) renameSync(scratch, file);
		else renameToFree(scratch, file);
	} catch (cause) {
		rmSync(scratch, { force: true });
		if (isSystemCallError(cause, "EEXIST")) throw fileTaken(file, "name another file, or remove that one");
		throw cause;
	}
	flushDirectory(directory);
}

/** Makes the error for a file that is there and may not be replaced. */
export function fileTaken(file: string, remedy: string): RetakeError {
	return new RetakeError("USAGE", `${file} is there already`, {
		sort: "misuse",
		remedy,
		data: { file },
	});
}

function flush(path: string): void {
	const descriptor = openSync(path, constants.O_RDONLY);
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
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
