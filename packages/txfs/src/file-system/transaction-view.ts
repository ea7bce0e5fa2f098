import { posix } from "node:path";
import type { TreeReader } from "@retake/changeset";
import type { WritableLayer } from "../transaction.ts";
import { emptyTree } from "../tree/empty-tree.ts";
import { type CollectedWrites, collectWrites } from "./collect-writes.ts";
import { createDirectorySource } from "./directory-source.ts";
import { systemError } from "./system-error.ts";
import { TreeSource } from "./tree-source.ts";
import { ViewLink } from "./view-link.ts";
import { ViewSuperblock } from "./view-superblock.ts";
import { createFileSystem, type FileSystem } from "./view-volume.ts";

/** Where a transaction's tree is seen by `transaction.fs`. */
export interface FileSystemOptions {
	/** Absolute path under which the tree lies; `/` by default. What lies beside it is scratch. */
	readonly mount?: string;
	/**
	 * Directory on the host that is shown as `.git` of the tree, so that isomorphic-git finds a repository. It is only read: what is
	 * written to `.git` stays in the file system and is no change. None by default.
	 */
	readonly gitDirectory?: string;
}

/** A transaction's tree as a file system, with the writes that are not a step yet. */
export class TransactionView {
	readonly fs: FileSystem;
	readonly #source: TreeSource;
	readonly #superblock: ViewSuperblock;
	#isBusy = false;
	#isClosed = false;

	constructor(tree: TreeReader, options: FileSystemOptions) {
		this.#source = new TreeSource(tree);
		this.#superblock = new ViewSuperblock({
			mount: posix.resolve("/", options.mount ?? "/"),
			beforeWrite: (call, path) => {
				if (this.#isClosed) throw systemError("EROFS", call, path);
				if (this.#isBusy) throw systemError("EBUSY", call, path);
			},
		});
		this.#superblock.tree.viewNode.origin = { source: this.#source, path: "" };
		this.#superblock.tree.forget();
		if (options.gitDirectory !== undefined) this.#plantGit(options.gitDirectory);
		this.fs = createFileSystem(this.#superblock);
	}

	/** Whether anything was written that is not a step yet. */
	get hasWrites(): boolean {
		return this.#superblock.tree.isChanged;
	}

	/** Makes what was written a step by `step`, and goes on from the tree after it. Where that fails the writes stay as they are. */
	async flush<Result>(
		step: (write: (layer: WritableLayer) => void) => Promise<Result>,
		after: () => TreeReader,
	): Promise<Result> {
		let writes: CollectedWrites | null = null;
		try {
			const result = await step((layer) => {
				// From here to the end of the step nothing may be written that would be neither in it nor known to be missing.
				this.#isBusy = true;
				writes = collectWrites(this.#superblock.tree, this.#source);
				writes.apply(layer);
			});
			this.#source.tree = after();
			(writes as CollectedWrites | null)?.settle();
			return result;
		} finally {
			this.#isBusy = false;
		}
	}

	/** Refuses writes while a step of somebody else's runs, and then shows the tree after it. */
	async during<Result>(step: () => Promise<Result>, after: () => TreeReader): Promise<Result> {
		this.#isBusy = true;
		try {
			return await step();
		} finally {
			this.#isBusy = false;
			this.show(after());
		}
	}

	/** Shows another tree, without what was written over the one before. Files that were open are closed. */
	show(tree: TreeReader): void {
		if (tree === this.#source.tree && !this.hasWrites) return;
		this.#source.tree = tree;
		this.#superblock.closeTreeFiles();
		this.#superblock.ageSources();
		this.#superblock.tree.forget();
	}

	/** Shows nothing any more and takes no writes. */
	close(): void {
		this.show(emptyTree);
		this.#isClosed = true;
	}

	#plantGit(directory: string): void {
		const { tree } = this.#superblock;
		const node = this.#superblock.nodeFrom("directory", { source: createDirectorySource(directory), path: "" });
		tree.setChild(".git", ViewLink.from(this.#superblock, tree, ".git", node));
	}
}
