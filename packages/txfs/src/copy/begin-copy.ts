import { LayeredTransaction } from "../transaction/layered-transaction.ts";
import { TreeState } from "../transaction/tree-state.ts";
import type { Transaction } from "../transaction.ts";
import { CopyBackend, type CopyTransactionOptions } from "./copy-backend.ts";
import type { KeptTrees } from "./kept-trees.ts";

/**
 * Begins a transaction whose steps are made in a plain copy of the tree, for systems without overlay mounts: it needs no mount,
 * no privilege and no system call that `node:fs` lacks. Means the same as an overlay one. Touches no disk before the first step.
 */
export function beginCopy(options: CopyTransactionOptions): Transaction {
	const root = TreeState.root<KeptTrees>(options.base, options.blobs);
	return new LayeredTransaction(new CopyBackend(options), root, options.fileSystem);
}
