import { RetakeError } from "@retake/base";
import type { Change, Changeset } from "./changeset.ts";
import { createChangeset } from "./create-changeset.ts";
import { comparePaths } from "./path/compare-paths.ts";
import { printablePath } from "./path/printable-path.ts";
import { sameNode } from "./tree/same-node.ts";

/**
 * Composes two changesets, the second made on what the first left behind, into the one that does both. A path that ends as it
 * began drops out. Throws `CONFLICT` where the second does not start from what the first made of a path.
 */
export function compose(first: Changeset, second: Changeset): Changeset {
	return createChangeset(composed(first.changes, second.changes));
}

function* composed(first: readonly Change[], second: readonly Change[]): Generator<Change> {
	let position = 0;
	for (const later of second) {
		let earlier = first[position];
		while (earlier !== undefined && comparePaths(earlier.path, later.path) < 0) {
			yield earlier;
			earlier = first[++position];
		}
		if (earlier?.path !== later.path) {
			yield later;
			continue;
		}
		if (!sameNode(earlier.now, later.was)) throw disagreement(earlier, later);
		yield { path: later.path, was: earlier.was, now: later.now };
		position++;
	}
	yield* first.slice(position);
}

function disagreement(earlier: Change, later: Change): RetakeError {
	const data = { path: later.path, left: earlier.now, expected: later.was };
	return new RetakeError("CONFLICT", `the changesets do not follow one another at "${printablePath(later.path)}"`, {
		data,
		remedy: "compose changesets in the order in which they were made, or merge those that share a base",
	});
}
