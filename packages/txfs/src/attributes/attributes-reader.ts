import type { NodeAttributes, TreePath } from "@retake/changeset";

/** Reads the attributes in a tree as it stands, without following any symbolic link. */
export interface AttributesReader {
	/** Returns the attributes of what is at a path, or null where nothing is. */
	attributesAt(path: TreePath): NodeAttributes | null;
}
