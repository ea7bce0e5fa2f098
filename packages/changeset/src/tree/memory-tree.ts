import { assert, RetakeError } from "@retake/base";
import type { BlobReader } from "../blobs.ts";
import { comparePaths } from "../path/compare-paths.ts";
import { baseName, parentOf } from "../path/path-parts.ts";
import { printablePath } from "../path/printable-path.ts";
import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeEntry, TreeReader } from "../tree-reader.ts";
import type { TreePlace } from "./walk-tree.ts";

/** A tree held in memory, frozen: `applyToTree` makes another. File contents stay in the blob store. */
export interface MemoryTree extends TreeReader {
	readonly nodes: ReadonlyMap<TreePath, TreeNode>;
	readonly blobs: BlobReader;
}

/** Makes a tree of its places in any order. Every parent must be among them as a directory; a path given twice is a `BUG`. */
export function createMemoryTree(places: Iterable<TreePlace>, blobs: BlobReader): MemoryTree {
	const nodes = new Map<TreePath, TreeNode>();
	for (const { path, node } of places) {
		assert(!nodes.has(path), `a tree holds each path once: ${path}`);
		nodes.set(path, node);
	}
	const children = new Map<TreePath | null, TreeEntry[]>();
	for (const path of [...nodes.keys()].sort(comparePaths)) {
		const parent = parentOf(path);
		assert(parent === null || nodes.get(parent)?.kind === "directory", `the parent of ${path} is a directory`);
		const entry = { name: baseName(path), kind: (nodes.get(path) as TreeNode).kind };
		const siblings = children.get(parent);
		if (siblings === undefined) children.set(parent, [entry]);
		else siblings.push(entry);
	}
	return {
		nodes,
		blobs,
		lookup: (path) => nodes.get(path) ?? null,
		entries: (path) => children.get(path) ?? [],
		chunks: (path) => {
			const node = nodes.get(path);
			if (node?.kind !== "file") {
				throw new RetakeError("FILE_NOT_FOUND", `no file is at "${printablePath(path)}"`, { data: { path } });
			}
			return blobs.chunks(node.content);
		},
	};
}
