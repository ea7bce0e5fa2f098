import type { NodeAttributes, TreeNode, TreePath } from "@retake/changeset";

/** Writes nodes into the tree of one step. Parents are made as needed; links are never followed. */
export interface NodeWriter {
	/** Puts a node in place of whatever is at a path; a file's contents come from `contents`. Throws `PATH_REFUSED`, `DISK_FULL`. */
	put(path: TreePath, node: TreeNode, contents: () => Iterable<Uint8Array>, attributes?: NodeAttributes): void;
	/** Takes away whatever is at a path; nothing may be there. */
	remove(path: TreePath): void;
	/** Gives what is at a path other attributes; nothing where nothing is there. */
	setAttributes(path: TreePath, attributes: NodeAttributes): void;
	/** Puts a second name of what was put at `target`; a copy where that may have no more names. */
	makeLink(path: TreePath, target: TreePath): void;
}
