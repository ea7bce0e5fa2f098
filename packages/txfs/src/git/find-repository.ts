import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import { isSystemCallError } from "@retake/linux";

/** Where a repository keeps things: in a linked worktree, `HEAD` lies apart from everything else. */
export interface Repository {
	/** Holds `HEAD`. */
	readonly gitDirectory: string;
	/** Holds objects and refs. */
	readonly commonDirectory: string;
}

/**
 * Finds the repository whose root a directory is: its own `.git`, also that of a linked worktree, or itself where it is bare. A
 * directory further down is refused: its paths are not the repository's. Throws `REPOSITORY_NOT_FOUND`.
 */
export function findRepository(directory: string): Repository {
	const start = resolve(directory);
	const found = repositoryAt(start);
	if (found !== null) return found;
	for (let above = dirname(start); above !== dirname(above); above = dirname(above)) {
		if (repositoryAt(above) === null) continue;
		throw notFound(
			start,
			`${start} is inside the git repository ${above}, not its root`,
			`name ${above} as the workspace`,
		);
	}
	throw notFound(
		start,
		`${start} is not a git repository`,
		"run `git init` there, or take the working tree as the base",
	);
}

function repositoryAt(directory: string): Repository | null {
	const found = gitDirectoryAt(join(directory, ".git")) ?? (isGitDirectory(directory) ? directory : null);
	return found === null ? null : { gitDirectory: found, commonDirectory: commonDirectoryOf(found) };
}

/** Returns the directory that holds `HEAD` and the index of a working tree's root, or null where it is none of git's. */
export function gitDirectoryOf(root: string): string | null {
	return repositoryAt(resolve(root))?.gitDirectory ?? null;
}

function notFound(directory: string, message: string, remedy: string): RetakeError {
	return new RetakeError("REPOSITORY_NOT_FOUND", message, { data: { directory }, remedy });
}

function gitDirectoryAt(path: string): string | null {
	const kind = kindOf(path);
	if (kind === "directory") return isGitDirectory(path) ? path : null;
	if (kind !== "file") return null;
	const pointed = /^gitdir: (.+?)\r?\n?$/.exec(readFileSync(path, "utf8"))?.[1];
	return pointed === undefined ? null : resolve(dirname(path), pointed);
}

function commonDirectoryOf(gitDirectory: string): string {
	const pointer = join(gitDirectory, "commondir");
	return kindOf(pointer) === "file" ? resolve(gitDirectory, readFileSync(pointer, "utf8").trimEnd()) : gitDirectory;
}

function isGitDirectory(path: string): boolean {
	return (
		kindOf(join(path, "HEAD")) === "file" &&
		kindOf(join(path, "objects")) === "directory" &&
		kindOf(join(path, "refs")) === "directory"
	);
}

function kindOf(path: string): "file" | "directory" | null {
	try {
		const status = statSync(path);
		if (status.isDirectory()) return "directory";
		return status.isFile() ? "file" : null;
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ENOTDIR", "EACCES")) return null;
		throw error;
	}
}
