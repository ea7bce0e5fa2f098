import type { TreeNode } from "@retake/changeset";

/**
 * Gives the mode that a node of a snapshot has on disk: the owner can always read it, and enter a directory, or nothing
 * could be served from it. What the tree is said to hold is the true mode.
 */
export function readableMode(kind: Exclude<TreeNode["kind"], "symlink">, mode: number): number {
	return mode | (kind === "directory" ? 0o500 : 0o400);
}
