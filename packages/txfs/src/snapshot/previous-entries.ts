import { comparePaths, parentOf, type TreePath } from "@retake/changeset";
import type { FileKind } from "@retake/linux";
import type { ManifestEntry } from "./manifest.ts";
import type { ManifestReader } from "./manifest-reader.ts";

/** Walks a manifest beside a scan that is sorted alike, and tells what the scan passed over: it is no longer there. */
export class PreviousEntries {
	/** When the manifest was begun, by the clock of the file system, nanoseconds. */
	readonly startedNs: bigint;
	readonly #entries: Iterator<ManifestEntry>;
	readonly #onGone: (path: TreePath) => void;
	/** Directories that are gone: what was in them went with them. */
	readonly #gone = new Set<TreePath>();
	#next: ManifestEntry | null;

	constructor(manifest: ManifestReader | null, onGone: (path: TreePath) => void) {
		this.startedNs = manifest?.startedNs ?? 0n;
		this.#entries = (manifest?.entries() ?? [])[Symbol.iterator]();
		this.#onGone = onGone;
		this.#next = this.#read();
	}

	/** Returns what was at a path, where something of a kind is now. Paths must be asked for in order. */
	find(path: TreePath, kind: FileKind): ManifestEntry | null {
		while (this.#next !== null) {
			const order = comparePaths(this.#next.path, path);
			if (order > 0) return null;
			const found = this.#next;
			this.#next = this.#read();
			if (order < 0) this.#pass(found);
			else {
				if (found.node.kind === "directory" && kind !== "directory") this.#gone.add(path);
				return found;
			}
		}
		return null;
	}

	/** Tells of all that is left. */
	finish(): void {
		for (; this.#next !== null; this.#next = this.#read()) this.#pass(this.#next);
	}

	#pass({ path, node }: ManifestEntry): void {
		const parent = parentOf(path);
		const wentWithParent = parent !== null && this.#gone.has(parent);
		if (node.kind === "directory") this.#gone.add(path);
		if (!wentWithParent) this.#onGone(path);
	}

	#read(): ManifestEntry | null {
		const { value, done } = this.#entries.next();
		return done === true ? null : value;
	}
}
