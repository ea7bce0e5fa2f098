import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";

/** Why two changes of one path cannot both be kept. */
export type MergeConflictKind =
	/** Both edited the same lines of a text. */
	| "content"
	/** Both edited a file that is not text. */
	| "binary"
	/** Both edited a text that is too large to be merged within bounds. */
	| "too-large"
	/** Both created a file here, with different contents. */
	| "add-add"
	/** Both changed the permission bits, differently. */
	| "mode"
	/** Both changed where a link points, differently. */
	| "symlink"
	/** One deleted what the other changed. */
	| "delete-edit"
	/** They made different kinds of things of it. */
	| "type"
	/** One removed or replaced a directory in which the other keeps something. */
	| "structure";

/** A path on which two changesets disagree. */
export interface MergeConflict {
	readonly path: TreePath;
	readonly kind: MergeConflictKind;
	/** What the common base has there. */
	readonly was: TreeNode | null;
	readonly ours: TreeNode | null;
	readonly theirs: TreeNode | null;
}
