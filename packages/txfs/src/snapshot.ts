import type { TreeId } from "@retake/base";
import type { TreePath, TreeReader } from "@retake/changeset";
import type { AttributesReader } from "./attributes/attributes-reader.ts";
import type { SharedName } from "./overlay/shared-names.ts";

/** A frozen tree on disk, shared by every transaction over it. Nobody writes to it after it was made. */
export interface Snapshot extends TreeReader, AttributesReader {
	/** Identifies the content of the whole tree. */
	readonly treeId: TreeId;
	/** Directories that make up the tree, uppermost first, absolute paths under the store's `trees` directory. */
	readonly layers: readonly string[];
	readonly fileCount: number;
	readonly byteCount: number;
	/** Names of what has another name in the same layer, all but one of each. */
	sharedNames(): readonly SharedName[];
	/** Makes an open file share the blocks of the file at a path; false where the file systems cannot. Throws `FILE_NOT_FOUND`. */
	cloneInto(path: TreePath, target: number): boolean;
}
