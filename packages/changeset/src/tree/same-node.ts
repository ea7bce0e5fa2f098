import type { TreeNode } from "../tree-node.ts";

/** Tells whether two nodes are equal in everything that a changeset records; null is nothing, and equals nothing else. */
export function sameNode(left: TreeNode | null, right: TreeNode | null): boolean {
	if (left === right) return true;
	if (left === null || right === null) return false;
	switch (left.kind) {
		case "file":
			return (
				right.kind === "file" && left.content === right.content && left.mode === right.mode && left.size === right.size
			);
		case "symlink":
			return right.kind === "symlink" && left.target === right.target;
		case "directory":
			return right.kind === "directory" && left.mode === right.mode;
	}
}
