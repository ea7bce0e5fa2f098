import type { TreeNode } from "./tree-node.ts";
import type { TreePath } from "./tree-path.ts";

/** What happened at one path: what was there before and what is there now; `null` is nothing. Never equal. */
export interface Change {
	readonly path: TreePath;
	readonly was: TreeNode | null;
	readonly now: TreeNode | null;
}

/**
 * What changed in a tree: the common currency of patches, tool calls, candidates, merges and commits.
 * Changes are sorted by the bytes of their paths, each path once. A deleted directory lists everything that was in it;
 * a directory that became a file lists its old entries as deleted.
 */
export interface Changeset {
	readonly kind: "changeset";
	readonly changes: readonly Change[];
}
