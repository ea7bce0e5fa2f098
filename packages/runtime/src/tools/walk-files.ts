import { joinPath, type TreeNode, type TreePath, type TreeReader } from "@retake/changeset";

/** One path found below a directory. */
export interface WalkedPath {
	readonly path: TreePath;
	readonly kind: TreeNode["kind"];
}

/** Yields what is below a directory, each directory before its entries, sorted; nothing is read or hashed. */
export function* walkFiles(tree: TreeReader, top: TreePath | null, recursive: boolean): Iterable<WalkedPath> {
	const pending: (TreePath | null)[] = [top];
	for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
		const below: TreePath[] = [];
		for (const entry of tree.entries(directory)) {
			const path = joinPath(directory, entry.name);
			yield { path, kind: entry.kind };
			if (recursive && entry.kind === "directory") below.push(path);
		}
		pending.push(...below.reverse());
	}
}
