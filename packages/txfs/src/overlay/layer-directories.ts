import { chmodSync, chownSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isSystemCallError } from "@retake/linux";
import { removeTree } from "../disk/remove-tree.ts";
import type { LayerSpace, TreeOwner } from "../layer-space.ts";
import type { FrozenLayer } from "../transaction/tree-state.ts";

/** One layer's directory and the work directory that overlayfs wants beside it. */
export class LayerDirectory implements FrozenLayer {
	readonly directory: string;
	readonly work: string;

	constructor(directory: string) {
		this.directory = directory;
		this.work = `${directory}.w`;
	}

	/** Removes the work directory, which only the writable layer needs. */
	freeze(): this {
		removeTree(this.work);
		return this;
	}

	drop(): void {
		removeTree(this.work);
		removeTree(this.directory);
		rmSync(`${this.directory}.new`, { force: true });
	}
}

/** Makes layers in a space, under the shortest free names: all names of a mount's layers together must fit in a page. */
export class LayerDirectories {
	readonly space: LayerSpace;
	readonly #owner: TreeOwner | null;
	#next = 0;

	constructor(space: LayerSpace, owner: TreeOwner | null) {
		this.space = space;
		this.#owner = owner;
	}

	/** Makes an empty layer and its work directory. */
	make(): LayerDirectory {
		for (;;) {
			const layer = new LayerDirectory(join(this.space.root, (this.#next++).toString(36)));
			try {
				this.#makeDirectory(layer.directory);
			} catch (error) {
				// Another transaction keeps its layers in the same space.
				if (isSystemCallError(error, "EEXIST")) continue;
				throw error;
			}
			this.#makeDirectory(layer.work);
			return layer;
		}
	}

	#makeDirectory(path: string): void {
		mkdirSync(path);
		if (this.#owner !== null) chownSync(path, this.#owner.uid, this.#owner.gid);
		// The layer's own mode becomes that of the mounted tree's root.
		chmodSync(path, 0o755);
	}
}
