import { RetakeError } from "@retake/base";
import type { BlobReader, TreeEntry, TreeNode, TreePath, TreeReader } from "@retake/changeset";
import { comparePaths } from "@retake/changeset";
import type { TreeChanges } from "./tree-changes.ts";

/** Reads a tree as some changes left it. Contents that changed come from the blob store, all others from the base. */
export class ChangedTree implements TreeReader {
	readonly #base: TreeReader;
	readonly #changes: TreeChanges;
	readonly #blobs: BlobReader;

	constructor(base: TreeReader, changes: TreeChanges, blobs: BlobReader) {
		this.#base = base;
		this.#changes = changes;
		this.#blobs = blobs;
	}

	lookup(path: TreePath): TreeNode | null {
		const changed = this.#changes.get(path);
		return changed === undefined ? this.#base.lookup(path) : changed;
	}

	entries(path: TreePath | null): readonly TreeEntry[] {
		const changed = this.#changes.inDirectory(path);
		const base = this.#base.entries(path);
		if (changed.size === 0) return base;
		const entries = base.filter((entry) => !changed.has(entry.name));
		for (const [name, node] of changed) if (node !== null) entries.push({ name, kind: node.kind });
		return entries.sort((left, right) => comparePaths(left.name as TreePath, right.name as TreePath));
	}

	chunks(path: TreePath): Iterable<Uint8Array> {
		const changed = this.#changes.get(path);
		if (changed === undefined) return this.#base.chunks(path);
		if (changed?.kind === "file") return this.#blobs.chunks(changed.content);
		throw new RetakeError("FILE_NOT_FOUND", `no file is at ${path}`, { data: { path } });
	}
}
