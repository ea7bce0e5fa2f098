import fs from "node:fs";
import { RetakeError } from "@retake/base";
import { expandOid, readCommit, resolveRef } from "isomorphic-git";
import type { Repository } from "./find-repository.ts";

/**
 * Finds the commit that a ref names: a branch, tag, remote branch, `HEAD`, a whole or shortened object name, each with `~N` and
 * `^N` behind it. Throws `BASE_NOT_FOUND`.
 */
export async function resolveCommit(repository: Repository, ref: string): Promise<string> {
	const [, name = "", steps = ""] = /^(.*?)((?:[~^]\d*)*)$/s.exec(ref) ?? [];
	try {
		let commit = await peel(repository, await resolveName(repository, name === "" || name === "@" ? "HEAD" : name));
		for (const [, kind, digits = ""] of steps.matchAll(/([~^])(\d*)/g)) {
			const count = digits === "" ? 1 : Number(digits);
			if (kind === "~") for (let step = 0; step < count; step++) commit = await parent(repository, commit, 1);
			else if (count > 0) commit = await parent(repository, commit, count);
		}
		return commit;
	} catch (cause) {
		throw new RetakeError("BASE_NOT_FOUND", `"${ref}" names no commit of the repository`, {
			cause,
			data: { ref },
			remedy: "name a branch, a tag or a commit that `git log` shows",
		});
	}
}

async function resolveName({ gitDirectory, commonDirectory }: Repository, name: string): Promise<string> {
	if (name === "HEAD" && gitDirectory !== commonDirectory) {
		// A linked worktree has a HEAD of its own, which points to a ref of the whole repository.
		const head = fs.readFileSync(`${gitDirectory}/HEAD`, "utf8").trim();
		if (!head.startsWith("ref: ")) return head;
		return resolveRef({ fs, gitdir: commonDirectory, ref: head.slice(5) });
	}
	try {
		return await resolveRef({ fs, gitdir: commonDirectory, ref: name });
	} catch (error) {
		if (!/^[0-9a-f]{4,40}$/i.test(name)) throw error;
		return expandOid({ fs, gitdir: commonDirectory, oid: name.toLowerCase() });
	}
}

async function peel({ commonDirectory }: Repository, oid: string): Promise<string> {
	return (await readCommit({ fs, gitdir: commonDirectory, oid })).oid;
}

async function parent({ commonDirectory }: Repository, oid: string, number: number): Promise<string> {
	const { commit } = await readCommit({ fs, gitdir: commonDirectory, oid });
	const found = commit.parent[number - 1];
	if (found === undefined) throw new RangeError(`${oid} has no parent ${number}`);
	return found;
}
