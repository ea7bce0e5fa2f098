import type { Change, TreeNode, TreePath } from "@retake/changeset";

/** A path at which the target is neither what the changeset expects nor what it would make of it. */
export interface CommitConflict {
	readonly path: TreePath;
	/** What the base had there. */
	readonly was: TreeNode | null;
	/** What the changeset wants there. */
	readonly wanted: TreeNode | null;
	/** What the target has there now. */
	readonly found: TreeNode | null;
}

/** Something from outside that the commit met at one of its paths after the commit point. Nothing of it is lost. */
export interface DisplacedPath {
	readonly path: TreePath;
	/** What was found there; null where it was deleted, or is of a kind that no changeset holds. */
	readonly found: TreeNode | null;
	/** Where it is now, relative to the root; null where it was deleted. */
	readonly keptAt: string | null;
}

/** How a commit to a working tree ended. An aborted one left the target as it was. */
export type CommitOutcome =
	| {
			readonly kind: "committed";
			readonly changes: readonly Change[];
			readonly displaced: readonly DisplacedPath[];
	  }
	| { readonly kind: "committed-recovery-pending"; readonly changes: readonly Change[]; readonly cause: unknown }
	| { readonly kind: "aborted"; readonly conflicts: readonly CommitConflict[] };

/** How a commit to a git branch ended. */
export type BranchOutcome =
	| { readonly kind: "committed"; readonly branch: string; readonly oid: string }
	| { readonly kind: "aborted"; readonly conflicts: readonly CommitConflict[] };
