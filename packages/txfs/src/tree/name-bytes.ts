import { rawTextFromBytes, type TreePath, treePathToBytes } from "@retake/changeset";
import type { NameBytes } from "@retake/linux";

/** Gives the form in which a name, path or link target reaches the kernel. Throws `PATH_REFUSED` for what spells no bytes. */
export function toNameBytes(text: string): NameBytes {
	return text.isWellFormed() ? text : treePathToBytes(text as TreePath);
}

/** Spells one name that the kernel gave, which is never empty, `.` or `..`. */
export function nameFromBytes(bytes: Uint8Array): string {
	return rawTextFromBytes(bytes);
}

/** Joins a directory, null for the root, and one of its names that the kernel gave. */
export function childPath(parent: TreePath | null, name: string): TreePath {
	return (parent === null ? name : `${parent}/${name}`) as TreePath;
}

/** Tells whether a path lies beneath a directory; nothing lies beneath `undefined`. */
export function isBeneath(path: string, directory: string | undefined): boolean {
	return (
		directory !== undefined &&
		path.length > directory.length &&
		path.startsWith(directory) &&
		path[directory.length] === "/"
	);
}
