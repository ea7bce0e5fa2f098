import type { TreeNode } from "./tree-node.ts";
import type { TreePath } from "./tree-path.ts";

/** One entry of a directory. */
export interface TreeEntry {
	readonly name: string;
	readonly kind: TreeNode["kind"];
}

/** Reads a tree as it stands, without following any symbolic link. */
export interface TreeReader {
	/** Returns what is at a path, or null. Hashes the file where its hash is not known yet; the bytes need not be kept. */
	lookup(path: TreePath): TreeNode | null;
	/** Returns the entries of a directory sorted by the bytes of their names; `null` as path means the root. Empty where there is none. */
	entries(path: TreePath | null): readonly TreeEntry[];
	/** Yields a file's bytes, at most 1 MiB at a time. Throws `FILE_NOT_FOUND`. */
	chunks(path: TreePath): Iterable<Uint8Array>;
}
