import type { BlobReader, Blobs, TreeNode, TreePath, TreeReader } from "@retake/changeset";
import { writeChunks } from "../disk/write-chunks.ts";
import type { FileSystemOptions } from "../file-system/transaction-view.ts";
import type { TreeOwner } from "../layer-space.ts";
import type { Snapshot } from "../snapshot.ts";
import type { LayerBackend, OpenLayer } from "../transaction/layered-transaction.ts";
import type { TreeState } from "../transaction/tree-state.ts";
import type { WritableLayer } from "../transaction.ts";
import { isBeneath } from "../tree/name-bytes.ts";
import type { KeptTrees } from "./kept-trees.ts";
import type { PlainTree } from "./plain-tree.ts";
import { WorkingTree } from "./working-tree.ts";

/** What a copy transaction is begun over: any tree, and best one whose files can be shared block by block. */
export type CopyBase = TreeReader & Partial<Pick<Snapshot, "cloneInto">>;

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
			writable: this.#writable(working),
			freeze: () => {
				const captured = working.capture();
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
		const { base, owner, blobs, logicalBytesMax } = this.#options;
		return new WorkingTree({ base, owner, blobs, logicalBytesMax, space: (await this.#options.space()).root });
	}

	#writable(working: WorkingTree): WritableLayer {
		const { blobs } = this.#options;
		return {
			mount: { kind: "directory", directory: working.directory },
			writeFile(path, bytes, mode) {
				using tree = working.open();
				tree.writeFile(path, mode & 0o777, (descriptor) => writeChunks(descriptor, bytes));
			},
			apply(changeset) {
				using tree = working.open();
				let gone: TreePath | undefined;
				for (const { path, now } of changeset.changes) {
					if (now !== null) putNode(tree, path, now, blobs);
					else if (!isBeneath(path, gone)) {
						gone = path;
						tree.remove(path);
					}
				}
			},
		};
	}
}

function putNode(tree: PlainTree, path: TreePath, node: TreeNode, blobs: BlobReader): void {
	switch (node.kind) {
		case "file":
			return tree.writeFile(path, node.mode, (descriptor) => writeChunks(descriptor, blobs.chunks(node.content)));
		case "symlink":
			return tree.makeSymlink(path, node.target);
		case "directory":
			return tree.makeDirectory(path, node.mode);
	}
}
