import { assert } from "@retake/base";
import type { Change, Changeset } from "./changeset.ts";
import { comparePaths } from "./path/compare-paths.ts";
import { sameNode } from "./tree/same-node.ts";

/** The changeset that changes nothing. */
export const emptyChangeset: Changeset = Object.freeze({ kind: "changeset", changes: Object.freeze([]) });

/** Makes a changeset of changes in any order: sorts them by path and drops those that change nothing. A path given twice is a `BUG`. */
export function createChangeset(changes: Iterable<Change>): Changeset {
	const sorted: Change[] = [];
	let inOrder = true;
	for (const change of changes) {
		if (sameNode(change.was, change.now)) continue;
		const previous = sorted.at(-1);
		if (previous !== undefined && comparePaths(previous.path, change.path) >= 0) inOrder = false;
		sorted.push(change);
	}
	if (sorted.length === 0) return emptyChangeset;
	if (!inOrder) {
		sorted.sort((left, right) => comparePaths(left.path, right.path));
		for (const [index, change] of sorted.entries()) {
			assert(sorted[index - 1]?.path !== change.path, `a changeset holds each path once: ${change.path}`);
		}
	}
	return { kind: "changeset", changes: sorted };
}
