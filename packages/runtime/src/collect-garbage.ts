import { decodeHeader } from "@retake/recorder";
import type { GarbageReport, Store } from "@retake/store";
import type { Snapshots } from "@retake/txfs";

/** Frees the snapshots that no run started from, then the blobs and changesets that nothing refers to. */
export function collectGarbage(
	store: Store,
	snapshots: Snapshots,
	request: { readonly dryRun: boolean },
): GarbageReport & { readonly trees: number; readonly treeBytes: number } {
	const kept = () => store.runs.list().map((run) => decodeHeader(run.header).base.treeId);
	const freed = snapshots.collect(kept, request);
	return { ...store.collectGarbage(request), trees: freed.trees, treeBytes: freed.bytes };
}
