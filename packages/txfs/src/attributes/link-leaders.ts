import { type PathAttributes, sameNode, type TreeAttributes, type TreeNode, type TreePath } from "@retake/changeset";

/**
 * Chooses which paths are made as hard links: returns, for each path of a group but its first, the first. A group whose paths
 * do not all hold the same node, whatever its attributes say, is none. `nodeAt` tells what the tree will hold.
 */
export function linkLeaders(
	attributes: TreeAttributes,
	nodeAt: (path: TreePath) => TreeNode | null,
): ReadonlyMap<TreePath, TreePath> {
	const leaders = new Map<TreePath, TreePath>();
	const groups = new Map<number, PathAttributes[]>();
	for (const entry of attributes.entries) {
		if (entry.linkGroup === null) continue;
		const group = groups.get(entry.linkGroup);
		if (group === undefined) groups.set(entry.linkGroup, [entry]);
		else group.push(entry);
	}
	for (const [first, ...others] of groups.values()) {
		const node = first === undefined ? null : nodeAt(first.path);
		if (first === undefined || node === null || node.kind === "directory") continue;
		if (!others.every(({ path }) => sameNode(nodeAt(path), node))) continue;
		for (const { path } of others) leaders.set(path, first.path);
	}
	return leaders;
}
