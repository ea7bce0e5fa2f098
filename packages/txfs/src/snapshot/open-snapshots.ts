import type { TreeOwner } from "../layer-space.ts";
import { collectSnapshots } from "./collect-snapshots.ts";
import { snapshotCommit } from "./snapshot-commit.ts";
import { snapshotDirectory } from "./snapshot-directory.ts";
import { SnapshotLibrary, type SnapshotStore } from "./snapshot-library.ts";
import type { Snapshots } from "./snapshots.ts";

/** What snapshots are kept in and for. */
export interface SnapshotsOptions {
	readonly store: SnapshotStore;
	/** Who owns the snapshots' files; null where that is this process's own user. */
	readonly owner: TreeOwner | null;
}

/** Opens the snapshots of a store. */
export function openSnapshots({ store, owner }: SnapshotsOptions): Snapshots {
	const library = new SnapshotLibrary(store, owner);
	return {
		fromDirectory: (directory, options = {}) => snapshotDirectory(library, directory, options),
		fromCommit: (repositoryDirectory, ref, options = {}) => snapshotCommit(library, repositoryDirectory, ref, options),
		extend: (snapshot, change, key) => library.extend(snapshot, change, key),
		find: (key) => library.openSource("setup", key),
		open: (treeId) => library.open(treeId),
		collect: (keep, { dryRun }) => collectSnapshots(library, keep, dryRun),
		[Symbol.dispose]: () => library.trees[Symbol.dispose](),
	};
}
