import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { copyDirectory } from "./copy-directory.ts";

/**
 * Renames as `mv` does: where the kernel cannot move a directory (an overlay answers `EXDEV` for one of a lower layer), it is
 * copied and removed. Returns false where POSIX says that it cannot be renamed.
 */
export function renameAsPrograms(from: string, to: string): boolean {
	const source = lstatSync(from, { throwIfNoEntry: false });
	const target = lstatSync(to, { throwIfNoEntry: false });
	if (source === undefined || to.startsWith(`${from}/`)) return false;
	if (target !== undefined) {
		if (source.isDirectory() !== target.isDirectory()) return false;
		if (target.isDirectory() && readdirSync(to).length > 0) return false;
	}
	try {
		renameSync(from, to);
	} catch (error) {
		if (!source.isDirectory() || (error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
		if (target !== undefined) rmdirSync(to);
		mkdirSync(to);
		copyDirectory(from, to, false);
		chmodSync(to, source.mode & 0o777);
		rmSync(from, { recursive: true });
	}
	return true;
}
