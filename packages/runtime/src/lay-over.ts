import {
	type Change,
	type Changeset,
	createChangeset,
	parentOf,
	sameNode,
	type TreePath,
	type TreeReader,
} from "@retake/changeset";
import { deletionOf } from "./tools/subtree.ts";

/**
 * Returns the changeset that makes every path of `wanted` what `wanted` says, whatever is in the tree now.
 * What stands in the way (a file where a directory must be, a directory where a file must be) goes.
 */
export function layOver(tree: TreeReader, wanted: Changeset): Changeset {
	const changes = new Map<TreePath, Change>();
	const set = (change: Change) =>
		changes.set(change.path, { ...change, was: changes.get(change.path)?.was ?? change.was });
	for (const { path, now } of wanted.changes) {
		for (const parent of parentsOf(path)) {
			const planned = changes.get(parent);
			const found = planned === undefined ? tree.lookup(parent) : planned.now;
			if (now === null || found?.kind === "directory") continue;
			set({ path: parent, was: tree.lookup(parent), now: { kind: "directory", mode: 0o755 } });
		}
		const found = tree.lookup(path);
		if (found?.kind === "directory" && now?.kind !== "directory") {
			const listed = now !== null || mayRemove(tree, path, wanted);
			if (listed) for (const change of deletionOf(tree, path)) set(change);
			else continue;
		}
		if (!sameNode(found, now)) set({ path, was: found, now });
	}
	return createChangeset([...changes.values()]);
}

function mayRemove(tree: TreeReader, directory: TreePath, wanted: Changeset): boolean {
	const gone = new Set(wanted.changes.filter((change) => change.now === null).map((change) => change.path));
	return deletionOf(tree, directory).every((change) => gone.has(change.path));
}

function parentsOf(path: TreePath): TreePath[] {
	const parents: TreePath[] = [];
	for (let parent = parentOf(path); parent !== null; parent = parentOf(parent)) parents.unshift(parent);
	return parents;
}
