import type { SandboxLimits } from "@retake/base";
import type { Blobs } from "@retake/changeset";
import { beginCopy, beginOverlay, type Snapshot, type Transaction, type TreeOwner } from "@retake/txfs";
import type { SharedSandbox } from "./shared-sandbox.ts";

/** What the steps of a transaction are made in, and by whom. */
export interface TransactionParts {
	readonly sandbox: SharedSandbox;
	readonly layers: "overlay" | "copy";
	readonly owner: TreeOwner | null;
	readonly blobs: Blobs;
	readonly limits: SandboxLimits;
}

/** Begins a transaction whose steps the sandbox can mount: as overlay layers, or in a copy of the whole tree. */
export function beginTransaction(
	snapshot: Snapshot,
	{ sandbox, layers, owner, blobs, limits }: TransactionParts,
): Transaction {
	const logicalBytesMax = limits.logicalBytes;
	const space = async () => (await sandbox.get()).layerSpace;
	switch (layers) {
		case "overlay":
			return beginOverlay({ snapshot, space, owner, blobs, logicalBytesMax });
		case "copy":
			return beginCopy({ base: snapshot, space, owner, blobs, logicalBytesMax });
	}
}
