import type { TreePath } from "@retake/changeset";
import { isSystemCallError, type OpenDescriptor } from "@retake/linux";
import { openDirectory } from "../disk/open-directory.ts";

/** Opens directories of a live tree, passing no link. The one last asked for stays open: files are read in order. */
export class LivePlaces implements Disposable {
	readonly #root: number;
	#last: { readonly path: TreePath | null; readonly opened: OpenDescriptor } | null = null;

	constructor(root: number) {
		this.#root = root;
	}

	/** Returns a descriptor that is good until the next call, or null where no directory is there that may be entered. */
	open(path: TreePath | null): number | null {
		if (this.#last !== null && this.#last.path === path) return this.#last.opened.descriptor;
		this[Symbol.dispose]();
		try {
			this.#last = { path, opened: openDirectory(this.#root, path) };
		} catch (error) {
			if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return null;
			throw error;
		}
		return this.#last.opened.descriptor;
	}

	[Symbol.dispose](): void {
		this.#last?.opened[Symbol.dispose]();
		this.#last = null;
	}
}
