import { assert } from "@retake/base";
import type { TreeEntry, TreePath, TreeReader } from "@retake/changeset";
import type { NodeSource, SourceEntry } from "./node-source.ts";

/** Gives nodes of a tree. Which tree it is moves on when writes have become a step of it. */
export class TreeSource implements NodeSource {
	tree: TreeReader;

	constructor(tree: TreeReader) {
		this.tree = tree;
	}

	entries(path: string): readonly TreeEntry[] {
		return this.tree.entries(path === "" ? null : (path as TreePath));
	}

	describe(path: string): SourceEntry {
		const node = this.tree.lookup(path as TreePath);
		assert(node !== null, `what a tree lists is there: ${path}`);
		return node;
	}

	chunks(path: string): Iterable<Uint8Array> {
		return this.tree.chunks(path as TreePath);
	}
}
