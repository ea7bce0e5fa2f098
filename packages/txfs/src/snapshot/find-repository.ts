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

/** Finds the repository of a directory: its own `.git`, that of a directory above it, or itself where it is bare. Throws `REPOSITORY_NOT_FOUND`. */
export function findRepository(directory: string): Repository {
	const start = resolve(directory);
	for (let at = start; ; at = dirname(at)) {
		const found = gitDirectoryAt(join(at, ".git")) ?? (isGitDirectory(at) ? at : null);
		if (found !== null) return { gitDirectory: found, commonDirectory: commonDirectoryOf(found) };
		if (at === dirname(at)) break;
	}
	throw new RetakeError("REPOSITORY_NOT_FOUND", `${start} is not in a git repository`, {
		data: { directory: start },
		remedy: "run `git init` there, or take the worktree as the base",
	});
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
