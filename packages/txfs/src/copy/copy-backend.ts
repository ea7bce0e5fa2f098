import { type Blobs, emptyAttributes, type TreeReader } from "@retake/changeset";
import { writeChunks } from "../disk/write-chunks.ts";
import type { FileSystemOptions } from "../file-system/transaction-view.ts";
import type { TreeOwner } from "../layer-space.ts";
import type { Snapshot } from "../snapshot.ts";
import type { LayerBackend, OpenLayer } from "../transaction/layered-transaction.ts";
import type { TreeState } from "../transaction/tree-state.ts";
import type { WritableLayer } from "../transaction.ts";
import { applyToLayer } from "../tree/apply-to-layer.ts";
import type { KeptTrees } from "./kept-trees.ts";
import { WorkingTree } from "./working-tree.ts";

/** What a copy transaction is begun over: any tree, and best one whose files can be shared block by block. */
export type CopyBase = TreeReader & Partial<Pick<Snapshot, "cloneInto" | "attributesAt">>;

/** What a copy transaction is begun with. */
export interface CopyTransactionOptions {
	readonly base: CopyBase;
	/** Gives the directory in which working trees are made. Asked at the first step, once. */
	readonly space: () => Promise<{ readonly root: string }> | { readonly root: string };
	/** Who owns all that is written; null where that is this process's own user. */
	readonly owner: TreeOwner | null;
	readonly blobs: Blobs;
	/** How `transaction.fs` shows the tree. */
	readonly fileSystem?: FileSystemOptions;
	/** How long the changed files of one step may be together, holes counted; by default what their file system holds. */
	readonly logicalBytesMax?: number;
}

/** Makes the steps of one transaction in one plain directory, which is copied at the first step and belongs to no other. */
export class CopyBackend implements LayerBackend<KeptTrees> {
	readonly name = "copy";
	readonly base: TreeReader;
	readonly blobs: Blobs;
	readonly #options: CopyTransactionOptions;
	#working: WorkingTree | null = null;

	constructor(options: CopyTransactionOptions) {
		this.#options = options;
		this.base = options.base;
		this.blobs = options.blobs;
	}

	async open(state: TreeState<KeptTrees>): Promise<OpenLayer<KeptTrees>> {
		const working = (this.#working ??= await this.#makeWorkingTree());
		await working.bring(state);
		let kept: KeptTrees | null = null;
		return {
			writable: this.#writable(working, state.tree),
			freeze: async () => {
				const captured = await working.capture();
				kept = captured.kept;
				return { ...captured, layer: kept };
			},
			drop: () => {
				kept?.drop();
				working.disturb();
			},
		};
	}

	fork(): CopyBackend {
		return new CopyBackend(this.#options);
	}

	close(): void {
		this.#working?.remove();
		this.#working = null;
	}

	async #makeWorkingTree(): Promise<WorkingTree> {
		return new WorkingTree({ ...this.#options, space: (await this.#options.space()).root });
	}

	#writable(working: WorkingTree, below: TreeReader): WritableLayer {
		const { blobs } = this.#options;
		return {
			mount: { kind: "directory", directory: working.directory },
			writeFile(path, bytes, mode) {
				using tree = working.open();
				tree.writeFile(path, mode & 0o777, (descriptor) => writeChunks(descriptor, bytes));
			},
			apply(changeset, attributes = emptyAttributes) {
				using tree = working.open();
				applyToLayer(tree, { changeset, attributes }, below, blobs);
			},
		};
	}
}
