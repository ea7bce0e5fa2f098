import fs from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import { Errors, resolveRef } from "isomorphic-git";
import type { Repository } from "./find-repository.ts";
import { type CommitLinks, readCommitLinks } from "./objects/commit-object.ts";
import { GitObjects } from "./objects/git-objects.ts";
import { readTextIfThere } from "./refs/read-ref.ts";

type FoundCommit = CommitLinks & { readonly oid: string };

/**
 * Finds the commit that a ref names: a branch, tag, remote branch, `HEAD`, a whole or shortened object name, each with `~N` and
 * `^N` behind it. Throws `BASE_NOT_FOUND`.
 */
export async function resolveCommit(repository: Repository, ref: string): Promise<string> {
	const [, name = "", steps = ""] = /^(.*?)((?:[~^]\d*)*)$/s.exec(ref) ?? [];
	using objects = new GitObjects(repository.commonDirectory);
	try {
		const start = await resolveName(repository, objects, name === "" || name === "@" ? "HEAD" : name);
		let commit = requireCommit(objects, start);
		for (const [, kind, digits = ""] of steps.matchAll(/([~^])(\d*)/g)) {
			const count = digits === "" ? 1 : Number(digits);
			if (kind === "~") for (let step = 0; step < count; step++) commit = parentOf(objects, commit, 1);
			else if (count > 0) commit = parentOf(objects, commit, count);
		}
		return commit.oid;
	} catch (cause) {
		const isWhole = /^[0-9a-f]{40}$/i.test(name);
		const why = isWhole ? `the repository no longer holds "${ref}"` : `"${ref}" names no commit of the repository`;
		throw new RetakeError("BASE_NOT_FOUND", why, {
			cause,
			data: { ref },
			remedy: isWhole
				? "it may have been rebased away and pruned: name a branch, a tag or a commit that `git log` shows, or fetch it again"
				: "name a branch, a tag or a commit that `git log` shows",
		});
	}
}

async function resolveName(repository: Repository, objects: GitObjects, name: string): Promise<string> {
	const named = await followRef(repository, name);
	if (named !== null) return named;
	if (!/^[0-9a-f]{4,39}$/i.test(name)) throw new RangeError(`nothing is called ${name}`);
	const [only, ...more] = [...objects.expand(name.toLowerCase())].filter(
		(oid) => readCommitLinks(objects, oid) !== null,
	);
	if (only === undefined || more.length > 0) throw new RangeError(`${more.length + 1} commits begin with ${name}`);
	return only;
}

/** Follows a name as far as an object. `HEAD` and its like belong to the working tree, all others to the whole repository. */
async function followRef({ gitDirectory, commonDirectory }: Repository, name: string): Promise<string | null> {
	const isOwn = /^[A-Z_]+$/.test(name);
	const held = isOwn ? readTextIfThere(join(gitDirectory, name)) : name;
	const [oid] = /^[0-9a-f]{40}\b/i.exec(held ?? "") ?? [];
	if (oid !== undefined) return oid.toLowerCase();
	const ref = held?.replace(/^ref: /, "").trim();
	if (ref === undefined || ref.split("/").includes("..")) return null;
	try {
		return await resolveRef({ fs, gitdir: commonDirectory, ref });
	} catch (error) {
		if (error instanceof Errors.NotFoundError) return null;
		throw error;
	}
}

function parentOf(objects: GitObjects, commit: FoundCommit, number: number): FoundCommit {
	const found = commit.parents[number - 1];
	if (found === undefined) throw new RangeError(`${commit.oid} has no parent ${number}`);
	return requireCommit(objects, found);
}

function requireCommit(objects: GitObjects, oid: string): FoundCommit {
	const found = readCommitLinks(objects, oid);
	if (found === null) throw new RangeError(`${oid} is no commit of the repository`);
	return found;
}
