import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RetakeError } from "@retake/base";
import type { Repository } from "./find-repository.ts";
import { type CommitLinks, readCommitLinks } from "./objects/commit-object.ts";
import { GitObjects } from "./objects/git-objects.ts";
import { packedRefs, readTextIfThere } from "./refs/read-ref.ts";

type FoundCommit = CommitLinks & { readonly oid: string };

const symbolicDepthMax = 5;
// Source: gitrevisions(7), the order in which git tries them.
const placesOfName = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];

/**
 * Finds the commit that a ref names: a branch, tag, remote branch, `HEAD`, a whole or shortened object name, each with `~N` and
 * `^N` behind it. Throws `BASE_NOT_FOUND`.
 */
export function resolveCommit(repository: Repository, ref: string): string {
	const [, name = "", steps = ""] = /^(.*?)((?:[~^]\d*)*)$/s.exec(ref) ?? [];
	using objects = new GitObjects(repository.commonDirectory);
	try {
		let commit = requireCommit(objects, resolveName(repository, objects, name === "" || name === "@" ? "HEAD" : name));
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

function resolveName(repository: Repository, objects: GitObjects, name: string): string {
	for (const place of [...placesOfName.map((each) => `${each}${name}`), `refs/remotes/${name}/HEAD`]) {
		const oid = followRef(repository, place);
		if (oid !== null) return oid;
	}
	if (!/^[0-9a-f]{4,40}$/i.test(name)) throw new RangeError(`nothing is called ${name}`);
	if (name.length === 40) return name.toLowerCase();
	const [only, ...more] = [...objects.expand(name.toLowerCase())].filter(
		(oid) => readCommitLinks(objects, oid) !== null,
	);
	if (only === undefined || more.length > 0) throw new RangeError(`${more.length + 1} commits begin with ${name}`);
	return only;
}

/** A linked worktree has a HEAD of its own, which points to a ref of the whole repository. */
function followRef({ gitDirectory, commonDirectory }: Repository, name: string): string | null {
	if (name !== "HEAD" && !name.startsWith("refs/") && !/^[A-Z_]+$/.test(name)) return null;
	if (name.split("/").includes("..")) return null;
	let at = name;
	for (let depth = 0; depth < symbolicDepthMax; depth++) {
		const directory = at.startsWith("refs/") ? commonDirectory : gitDirectory;
		const text = (
			at === "HEAD" ? readFileSync(join(directory, at), "utf8") : readTextIfThere(join(directory, at))
		)?.trim();
		if (text === undefined) return packedRefs(commonDirectory).get(at) ?? null;
		if (/^[0-9a-f]{40}\b/.test(text)) return text.slice(0, 40);
		if (!text.startsWith("ref: ")) return null;
		at = text.slice("ref: ".length).trim();
	}
	return null;
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
