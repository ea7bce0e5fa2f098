import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";

/** Why several changes of one path cannot all be kept. */
export type MergeConflictKind =
	/** Sides edited the same lines of a text, or lines that touch. */
	| "content"
	/** Sides edited a file that is not text. */
	| "binary"
	/** Sides edited a text of more than `mergeFileBytesMax` bytes. */
	| "too-large"
	/** Sides created a file here, with different contents. */
	| "add-add"
	/** Sides changed the permission bits, differently. */
	| "mode"
	/** Sides changed where a link points, differently. */
	| "symlink"
	/** One deleted what another changed. */
	| "delete-edit"
	/** They made different kinds of things of it. */
	| "type"
	/** One removed or replaced a directory in which another keeps something. */
	| "structure";

/** A path on which changesets disagree. */
export interface MergeConflict {
	readonly path: TreePath;
	readonly kind: MergeConflictKind;
	/** What the common base has there. */
	readonly was: TreeNode | null;
	/** What each changeset leaves there, in the order in which they were given. */
	readonly sides: readonly (TreeNode | null)[];
}
