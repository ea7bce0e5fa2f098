import type { TreeNode, TreePath } from "@retake/changeset";

/** What some changes left at the paths that they touched. */
export interface TreeChanges {
	/** Returns what is at a path now: a node, null for nothing, undefined where it was not touched. */
	get(path: TreePath): TreeNode | null | undefined;
	/** Returns what is at the touched names of one directory; null is the root. */
	inDirectory(path: TreePath | null): ReadonlyMap<string, TreeNode | null>;
}
