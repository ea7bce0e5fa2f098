import type { BlobId } from "@retake/base";

/** A regular file. `mode` holds the nine permission bits; `size` counts bytes. */
export interface FileNode {
	readonly kind: "file";
	readonly mode: number;
	readonly size: number;
	readonly content: BlobId;
}

/** A symbolic link. `target` is spelled as a `TreePath` is, but may point anywhere: nothing of ours follows it. */
export interface SymlinkNode {
	readonly kind: "symlink";
	readonly target: string;
}

/** A directory, empty or not. `mode` holds the nine permission bits. */
export interface DirectoryNode {
	readonly kind: "directory";
	readonly mode: number;
}

/** What a tree can hold at a path. Times, extended attributes, holes and hard links lie beside it: see `TreeAttributes`. Owners are dropped. */
export type TreeNode = FileNode | SymlinkNode | DirectoryNode;
