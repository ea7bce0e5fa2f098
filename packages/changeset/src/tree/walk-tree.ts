import { RetakeError } from "@retake/base";
import { printablePath } from "../path/printable-path.ts";
import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeReader } from "../tree-reader.ts";

/** One place of a tree and what is there. */
export interface TreePlace {
	readonly path: TreePath;
	readonly node: TreeNode;
}

/**
 * Yields everything in a tree, or under one of its directories: a directory before what is in it, the entries of each in the
 * order of their bytes. Any depth is walked without recursion. Throws `TREE_CHANGED` where an entry has gone.
 */
export function* walkTree(tree: TreeReader, directory: TreePath | null = null): Generator<TreePlace> {
	const waiting: TreePath[] = [];
	const enter = (path: TreePath | null): void => {
		for (const child of childrenOf(tree, path).reverse()) waiting.push(child);
	};
	enter(directory);
	for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
		const node = tree.lookup(path);
		if (node === null) {
			throw new RetakeError("TREE_CHANGED", `"${printablePath(path)}" went away while the tree was read`, {
				data: { path },
			});
		}
		yield { path, node };
		if (node.kind === "directory") enter(path);
	}
}

// What a tree's reader returns is clean already: checking each name again would double the cost of a walk.
function childrenOf(tree: TreeReader, directory: TreePath | null): TreePath[] {
	const prefix = directory === null ? "" : `${directory}/`;
	return tree.entries(directory).map(({ name }) => `${prefix}${name}` as TreePath);
}
