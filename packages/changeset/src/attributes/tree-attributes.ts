import type { TreePath } from "../tree-path.ts";

/** An extended attribute of the namespace `user`. `name` is whole, `user.` included, and spelled as a `TreePath` is. */
export interface ExtendedAttribute {
	readonly name: string;
	readonly value: Uint8Array;
}

/** A stretch of a sparse file that holds data, in bytes. Between two of them lies a hole, which reads as zeros. */
export interface DataExtent {
	readonly offset: number;
	readonly length: number;
}

/** What a file, directory or symbolic link has besides the node that a changeset records. */
export interface NodeAttributes {
	/** Time of the last write, nanoseconds since 1970. */
	readonly mtimeNs: bigint;
	/** Sorted by the bytes of their names. */
	readonly xattrs: readonly ExtendedAttribute[];
	/** Where a sparse file holds data, in ascending order; null for a file without holes and for what is no file. */
	readonly extents: readonly DataExtent[] | null;
}

/** The attributes of what is at one path. */
export interface PathAttributes extends NodeAttributes {
	readonly path: TreePath;
	/** Paths with the same number are hard links to one file; null for a path of its own. Numbered from 0 by first appearance. */
	readonly linkGroup: number | null;
}

/**
 * What the paths of a tree have besides what a changeset says of them. It lies beside the changeset and is no part of its
 * identity, because two runs of the same command differ in it. A path without an entry is one of which nothing is known.
 * Entries are sorted by the bytes of their paths, each path once.
 */
export interface TreeAttributes {
	readonly kind: "attributes";
	readonly entries: readonly PathAttributes[];
}
