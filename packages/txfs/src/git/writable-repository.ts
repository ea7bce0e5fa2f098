import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import git from "isomorphic-git";
import type { GitFileSystem } from "../commit/branch/git-file-system.ts";
import { findRepository } from "./find-repository.ts";

/** A repository that objects and refs can be written to. */
export interface WritableRepository {
	/** Holds what all its working trees share: objects, refs and configuration. */
	readonly common: string;
	readonly isBare: boolean;
}

/**
 * Opens the repository whose root a directory is, for writing. Throws `REPOSITORY_NOT_FOUND`, and `USAGE` for one whose objects or
 * refs are kept in a way that cannot be written here.
 */
export async function openWritableRepository(repository: string, fs: GitFileSystem): Promise<WritableRepository> {
	const { commonDirectory: common } = findRepository(repository);
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
export function checkedOutBranches({ common, isBare }: WritableRepository): ReadonlySet<string> {
	const linked = join(common, "worktrees");
	const heads = existsSync(linked) ? readdirSync(linked).map((name) => join(linked, name, "HEAD")) : [];
	if (!isBare) heads.push(join(common, "HEAD"));
	const refs = heads.filter((head) => existsSync(head)).map((head) => readFileSync(head, "utf8").trim());
	return new Set(refs.filter((text) => text.startsWith("ref: ")).map((text) => text.slice("ref: ".length).trim()));
}

function unsupported(what: string): RetakeError {
	return new RetakeError("USAGE", `${what}, which Retake cannot write`, {
		sort: "misuse",
		remedy: "commit with --commit worktree, and make the git commit yourself",
	});
}
