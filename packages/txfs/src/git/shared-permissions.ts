import { chmodSync, fchmodSync, lchownSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { changeOwnerAt } from "@retake/linux";

/**
 * Gives a new file of a git directory the owner of the directory that it will lie in, where this process may give files away,
 * and its group the right to write where the directory's has it, as `core.sharedRepository` asks for.
 */
export function adoptFile(descriptor: number, directory: string, mode: number): void {
	const { uid, gid, mode: above } = statSync(directory);
	if (process.geteuid?.() === 0) changeOwnerAt(descriptor, "", uid, gid);
	fchmodSync(descriptor, (mode & 0o200) === 0 ? mode : mode | (above & 0o020));
}

/** Makes a directory within a git directory, with the owner and the mode of the one above. Throws `EEXIST`. */
export function makeAdoptedDirectory(path: string): void {
	mkdirSync(path);
	const { uid, gid, mode } = statSync(dirname(path));
	if (process.geteuid?.() === 0) lchownSync(path, uid, gid);
	chmodSync(path, mode & 0o7777);
}
