import type { TreePath } from "../tree-path.ts";
import { treePath } from "./tree-path-text.ts";

/** Returns the directory that holds a path; null is the root of the tree. */
export function parentOf(path: TreePath): TreePath | null {
	const slash = path.lastIndexOf("/");
	return slash === -1 ? null : (path.slice(0, slash) as TreePath);
}

/** Returns a path's last component. */
export function baseName(path: TreePath): string {
	return path.slice(path.lastIndexOf("/") + 1);
}

/** Joins a directory, null for the root, and a name in it or a clean path below it. Throws `PATH_REFUSED` as `treePath` does. */
export function joinPath(parent: TreePath | null, name: string): TreePath {
	const below = treePath(name);
	return parent === null ? below : (`${parent}/${below}` as TreePath);
}

/** Yields the directories that hold a path, the nearest first, without the root. */
export function* ancestorsOf(path: TreePath): Generator<TreePath> {
	for (let parent = parentOf(path); parent !== null; parent = parentOf(parent)) yield parent;
}
