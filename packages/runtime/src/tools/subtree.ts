import { type Change, joinPath, type TreePath, type TreeReader } from "@retake/changeset";

/** Returns a path and everything below it as `was`, with nothing as `now`: the changes that delete it. */
export function deletionOf(tree: TreeReader, top: TreePath): Change[] {
	const changes: Change[] = [];
	const pending: TreePath[] = [top];
	for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
		const was = tree.lookup(path);
		if (was === null) continue;
		changes.push({ path, was, now: null });
		if (was.kind === "directory") for (const entry of tree.entries(path)) pending.push(joinPath(path, entry.name));
	}
	return changes;
}
