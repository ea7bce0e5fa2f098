import type { Blobs, TreeReader } from "@retake/changeset";
import type { FileSystemOptions } from "../file-system/transaction-view.ts";
import { type LayerBackend, LayeredTransaction } from "../transaction/layered-transaction.ts";
import { type FrozenLayer, TreeState } from "../transaction/tree-state.ts";
import type { Transaction } from "../transaction.ts";
import { MemoryLayer } from "./memory-layer.ts";

/** What a memory transaction is begun with. */
export interface MemoryOptions {
	readonly base: TreeReader;
	readonly blobs: Blobs;
	/** How `transaction.fs` shows the tree. */
	readonly fileSystem?: FileSystemOptions;
}

/** Begins a transaction that needs neither Linux nor a disk; no sandbox can mount its steps. Means the same as an overlay one. */
export function beginMemory({ base, blobs, fileSystem }: MemoryOptions): Transaction {
	const backend: LayerBackend<FrozenLayer> = {
		name: "memory",
		base,
		blobs,
		open: async (state) => new MemoryLayer(state.tree, blobs),
		fork: () => backend,
		close: () => undefined,
	};
	return new LayeredTransaction(backend, TreeState.root<FrozenLayer>(base, blobs), fileSystem);
}
