import { parentOf, type TreePath, treePathToBytes } from "@retake/changeset";
import { fileStatus } from "@retake/linux";
import { openPlace } from "./observe.ts";

/** The user and group that a file belongs to. */
export interface Owner {
	readonly uid: number;
	readonly gid: number;
}

/**
 * Returns whom a path's new file will belong to: whoever has what it replaces, else the nearest directory above that exists.
 * Null where this process is not root and cannot give files away.
 */
export function ownerFor(root: number, path: TreePath): Owner | null {
	if (process.geteuid?.() !== 0) return null;
	for (let at: TreePath | null = path; at !== null; at = parentOf(at)) {
		using place = openPlace(root, treePathToBytes(at));
		if (place !== null) return fileStatus(place.descriptor);
	}
	return fileStatus(root);
}
