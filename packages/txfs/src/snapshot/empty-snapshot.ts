import { sha256, type TreeId } from "@retake/base";
import type { Snapshot } from "../snapshot.ts";
import { emptyTree } from "../tree/empty-tree.ts";

/** The snapshot of nothing: the base of a run that has no files. Its id is the hash over no entries. */
export const emptySnapshot: Snapshot = {
	...emptyTree,
	treeId: sha256(new Uint8Array()) as TreeId,
	layers: [],
	fileCount: 0,
	byteCount: 0,
	attributesAt: () => null,
	sharedNames: () => [],
	cloneInto: () => false,
};
