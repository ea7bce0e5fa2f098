import { LayeredTransaction } from "../transaction/layered-transaction.ts";
import { TreeState } from "../transaction/tree-state.ts";
import type { Transaction } from "../transaction.ts";
import type { LayerDirectory } from "./layer-directories.ts";
import { OverlayBackend, type OverlayOptions } from "./overlay-backend.ts";

/** Begins a transaction whose steps are overlay layers, which a sandbox can mount. Touches no disk before the first step. */
export function beginOverlay(options: OverlayOptions): Transaction {
	const root = TreeState.root<LayerDirectory>(options.snapshot, options.blobs);
	return new LayeredTransaction(new OverlayBackend(options), root, options.fileSystem);
}
