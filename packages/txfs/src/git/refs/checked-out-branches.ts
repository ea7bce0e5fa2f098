import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { WritableRepository } from "../writable-repository.ts";
import { readTextIfThere } from "./read-ref.ts";

const symbolicDepthMax = 5;

/**
 * Returns the full names of the branches that some working tree of the repository has checked out, also through a symbolic ref, or is
 * in the middle of rebasing or bisecting: git refuses to move those too.
 */
export function checkedOutBranches({ common, isBare }: WritableRepository): ReadonlySet<string> {
	const linked = join(common, "worktrees");
	const places = existsSync(linked) ? readdirSync(linked).map((name) => join(linked, name)) : [];
	if (!isBare) places.push(common);
	return new Set(places.flatMap((place) => [...headRefs(common, place), ...branchesInWork(place)]));
}

function headRefs(common: string, place: string): readonly string[] {
	const refs: string[] = [];
	let text = readTextIfThere(join(place, "HEAD"));
	while (text?.startsWith("ref: ") && refs.length < symbolicDepthMax) {
		const ref = text.slice("ref: ".length).trim();
		refs.push(ref);
		text = readTextIfThere(join(common, ref));
	}
	return refs;
}

function branchesInWork(place: string): readonly string[] {
	const rebased = ["rebase-merge/head-name", "rebase-apply/head-name"].map((name) =>
		readTextIfThere(join(place, name)),
	);
	const bisected = readTextIfThere(join(place, "BISECT_START"))?.trim();
	return [...rebased.map((text) => text?.trim()), bisected === undefined ? undefined : `refs/heads/${bisected}`].filter(
		(ref) => ref !== undefined,
	);
}
