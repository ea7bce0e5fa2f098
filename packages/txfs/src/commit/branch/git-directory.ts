import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { RetakeError } from "@retake/base";
import git from "isomorphic-git";
import type { GitFileSystem } from "./git-file-system.ts";

/** Where a repository keeps what all its working trees share: objects, refs and configuration. */
export interface GitDirectory {
	readonly common: string;
	readonly isBare: boolean;
}

/**
 * Finds the git directory of a working tree, a linked working tree or a bare repository. Throws `REPOSITORY_NOT_FOUND`, and
 * `USAGE` for one whose objects or refs are kept in a way that cannot be written here.
 */
export async function findGitDirectory(repository: string, fs: GitFileSystem): Promise<GitDirectory> {
	const common = commonDirectory(repository);
	const objectFormat = await git.getConfig({ fs, gitdir: common, path: "extensions.objectformat" });
	if (objectFormat !== undefined && String(objectFormat).toLowerCase() !== "sha1") {
		throw unsupported(`${repository} keeps its objects by ${objectFormat}`);
	}
	const refStorage = await git.getConfig({ fs, gitdir: common, path: "extensions.refstorage" });
	if (refStorage !== undefined && String(refStorage).toLowerCase() !== "files") {
		throw unsupported(`${repository} keeps its refs as ${refStorage}`);
	}
	const bare = await git.getConfig({ fs, gitdir: common, path: "core.bare" });
	return { common, isBare: bare === true || bare === "true" };
}

/** Returns the full names of the branches that some working tree of the repository has checked out. */
export function checkedOutBranches({ common, isBare }: GitDirectory): ReadonlySet<string> {
	const linked = join(common, "worktrees");
	const heads = existsSync(linked) ? readdirSync(linked).map((name) => join(linked, name, "HEAD")) : [];
	if (!isBare) heads.push(join(common, "HEAD"));
	const refs = heads.filter((head) => existsSync(head)).map((head) => readFileSync(head, "utf8").trim());
	return new Set(refs.filter((text) => text.startsWith("ref: ")).map((text) => text.slice("ref: ".length).trim()));
}

function commonDirectory(repository: string): string {
	const directory = [join(repository, ".git"), repository].find((at) => existsSync(at) && isGitDirectory(at));
	if (directory === undefined) {
		throw new RetakeError("REPOSITORY_NOT_FOUND", `${repository} is not a git repository`, {
			remedy: "name the root of a repository, or commit with --commit worktree",
		});
	}
	const own = statSync(directory).isFile() ? pointedTo(directory) : directory;
	const pointer = join(own, "commondir");
	return existsSync(pointer) ? resolve(own, readFileSync(pointer, "utf8").trim()) : resolve(own);
}

function isGitDirectory(at: string): boolean {
	if (statSync(at).isFile()) return basename(at) === ".git" && readFileSync(at, "utf8").startsWith("gitdir: ");
	return existsSync(join(at, "HEAD")) && (existsSync(join(at, "objects")) || existsSync(join(at, "commondir")));
}

function pointedTo(file: string): string {
	return resolve(dirname(file), readFileSync(file, "utf8").slice("gitdir: ".length).trim());
}

function unsupported(what: string): RetakeError {
	return new RetakeError("USAGE", `${what}, which Retake cannot write`, {
		sort: "misuse",
		remedy: "commit with --commit worktree, and make the git commit yourself",
	});
}
