import type { TreeId } from "@retake/base";
import type { AttributedChanges, TreePath } from "@retake/changeset";
import type { Snapshot } from "../snapshot.ts";
import type { CopyOptions } from "./directory-copy.ts";
import type { PathPatterns } from "./path-filter.ts";

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
	/** Trees that could be begun from. */
	readonly snapshots: number;
	/** Layers on disk, half-made ones too. */
	readonly trees: number;
	/** What they take on disk. */
	readonly bytes: number;
}

/** What of a directory is frozen, and how that is watched. */
export interface DirectoryOptions extends CopyOptions, PathPatterns {}

/** Takes, keeps and finds snapshots. What it has opened is collected by nobody else until it is disposed of. */
export interface Snapshots extends Disposable {
	/**
	 * Freezes a directory as it was at one moment; where it was frozen before, only what changed since is copied. Git directories,
	 * `.retake` at the root, stores and what the patterns exclude are left out. Throws `WORKSPACE_NOT_FOUND`,
	 * `WORKSPACE_NOT_DIRECTORY`, `TREE_REFUSED` for what cannot be represented or read, `TREE_CHANGED` for a tree that never
	 * holds still, `DISK_FULL` and `INTERRUPTED`.
	 */
	fromDirectory(directory: string, options?: DirectoryOptions): Promise<Snapshot>;
	/**
	 * Materialises a commit from its objects, without running git. Throws `REPOSITORY_NOT_FOUND`, `BASE_NOT_FOUND` for a ref or a part of
	 * the commit that is not there, `DISK_FULL` and `INTERRUPTED`.
	 */
	fromCommit(repositoryDirectory: string, ref: string, options?: CopyOptions): Promise<CommitSnapshot>;
	/** Lays what a step left over a snapshot as one more layer, found again by `key`. Throws `BLOB_NOT_FOUND`. */
	extend(snapshot: Snapshot, change: AttributedChanges, key: string): Snapshot;
	/** Returns what `extend` made for a key, or null. */
	find(key: string): Snapshot | null;
	/** Returns the snapshot with that content, or null. Its cost does not depend on the size. */
	open(treeId: TreeId): Snapshot | null;
	/**
	 * Removes every snapshot but those that `keep` names, the layers that none of these uses, and what was left half-made; nothing that
	 * another process uses. `keep` is called again when no other process can begin a run.
	 */
	collect(keep: () => Iterable<TreeId>, options: { readonly dryRun: boolean }): CollectedSnapshots;
}
