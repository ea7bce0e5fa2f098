import type { TreeId } from "@retake/base";
import type { Changeset, TreePath } from "@retake/changeset";
import type { Snapshot } from "../snapshot.ts";
import type { CopyOptions } from "./directory-copy.ts";

/** What `fromCommit` returns. */
export interface CommitSnapshot {
	readonly snapshot: Snapshot;
	/** The commit's full object name. */
	readonly commit: string;
	/** Paths of submodules, which are empty directories in the snapshot. */
	readonly submodules: readonly TreePath[];
}

/** What `collect` removed, or would remove. */
export interface CollectedSnapshots {
	/** Layers on disk. */
	readonly trees: number;
	readonly bytes: number;
}

/** Takes, keeps and finds snapshots. */
export interface Snapshots {
	/**
	 * Freezes a directory as it is now; where it was frozen before, only what changed since is copied. Git directories, `.retake` at
	 * the root and the store are left out. Throws `WORKSPACE_NOT_FOUND`, `WORKSPACE_NOT_DIRECTORY`, `TREE_REFUSED` for what
	 * cannot be represented or read, `TREE_CHANGED` for a file that never holds still, `DISK_FULL` and `INTERRUPTED`.
	 */
	fromDirectory(directory: string, options?: CopyOptions): Promise<Snapshot>;
	/** Materialises a commit from its objects, without running git. Throws `REPOSITORY_NOT_FOUND`, `BASE_NOT_FOUND`. */
	fromCommit(repositoryDirectory: string, ref: string): Promise<CommitSnapshot>;
	/** Lays a changeset over a snapshot as one more layer, found again by `key`. Throws `BLOB_NOT_FOUND`. */
	extend(snapshot: Snapshot, changeset: Changeset, key: string): Snapshot;
	/** Returns what `extend` made for a key, or null. */
	find(key: string): Snapshot | null;
	/** Returns the snapshot with that content, or null. Its cost does not depend on the size. */
	open(treeId: TreeId): Snapshot | null;
	/** Removes every snapshot but the given ones, the layers that none of these uses, and what was left half-made. */
	collect(keepTreeIds: Iterable<TreeId>, options: { readonly dryRun: boolean }): CollectedSnapshots;
}
