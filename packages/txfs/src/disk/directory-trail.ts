import type { TreePath } from "@retake/changeset";
import type { OpenDescriptor } from "@retake/linux";
import { openDirectory } from "./open-directory.ts";

/** How far below the nearest directory that is held open another is reached in one go, characters of its path. */
const stepCharactersMax = 500;

/**
 * Opens directories of a tree as `openDirectory` does, and holds some of those on the way to the last one open: a walk that
 * goes down and comes back costs the same at every depth, where each path from the root would cost the square of it. For a tree
 * in which nobody moves directories meanwhile. Holds one descriptor for about every 500 characters of a path.
 */
export class DirectoryTrail implements Disposable {
	readonly #root: number;
	readonly #held: { readonly path: string; readonly directory: OpenDescriptor }[] = [];

	constructor(root: number) {
		this.#root = root;
	}

	/** Opens a directory; null means the root. The caller disposes of it. Throws `SystemCallError`. */
	open(path: TreePath | null): OpenDescriptor {
		if (path === null) return openDirectory(this.#root, null);
		this.#leave(path);
		for (;;) {
			const last = this.#held.at(-1);
			const start = last === undefined ? 0 : last.path.length + 1;
			const from = last?.directory.descriptor ?? this.#root;
			const slash = path.indexOf("/", start + stepCharactersMax);
			if (slash === -1) return openDirectory(from, path.slice(start) as TreePath);
			const directory = openDirectory(from, path.slice(start, slash) as TreePath);
			this.#held.push({ path: path.slice(0, slash), directory });
		}
	}

	/** Lets go of what is not above a path. */
	#leave(path: string): void {
		for (let last = this.#held.at(-1); last !== undefined; last = this.#held.at(-1)) {
			if (path.startsWith(`${last.path}/`)) return;
			this.#held.pop();
			last.directory[Symbol.dispose]();
		}
	}

	[Symbol.dispose](): void {
		for (const { directory } of this.#held.splice(0)) directory[Symbol.dispose]();
	}
}
