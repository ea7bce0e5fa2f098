import { RetakeError } from "@retake/base";
import type { Changeset } from "../changeset.ts";
import { findConflicts } from "../merge/find-conflicts.ts";
import { printablePath } from "../path/printable-path.ts";
import { createMemoryTree, type MemoryTree } from "./memory-tree.ts";

/** Returns the tree that a changeset makes of another. Throws `CONFLICT` with what `findConflicts` found; the given tree stays. */
export function applyToTree(tree: MemoryTree, changeset: Changeset): MemoryTree {
	const conflicts = findConflicts(changeset, tree);
	const [first] = conflicts;
	if (first !== undefined) {
		throw new RetakeError("CONFLICT", `the changeset does not fit the tree at "${printablePath(first.path)}"`, {
			data: { conflicts },
		});
	}
	const nodes = new Map(tree.nodes);
	for (const { path, now } of changeset.changes) {
		if (now === null) nodes.delete(path);
		else nodes.set(path, now);
	}
	return createMemoryTree(
		Array.from(nodes, ([path, node]) => ({ path, node })),
		tree.blobs,
	);
}
