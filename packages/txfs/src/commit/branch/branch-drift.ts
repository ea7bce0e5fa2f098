import { type Change, type Changeset, parentOf, sameNode, type TreeNode, type TreePath } from "@retake/changeset";
import type { CommitConflict } from "../commit-outcome.ts";
import type { GitTree } from "./git-tree.ts";

/** Compares a changeset with a git tree, as far as git can tell things apart: no directory modes, and of a file's only execution. */
export async function findBranchDrift(tree: GitTree, changeset: Changeset): Promise<readonly CommitConflict[]> {
	const wanted = new Map(changeset.changes.map((change) => [change.path, change]));
	const conflicts: CommitConflict[] = [];
	const parents = new Set<TreePath>();
	for (const change of changeset.changes) {
		const found = await tree.lookup(change.path);
		if (found === "foreign" || !fits(change, found)) {
			const known = found === "foreign" ? null : found;
			conflicts.push({ path: change.path, was: change.was, wanted: change.now, found: known });
		} else if (found?.kind === "directory" && change.now !== null && change.now.kind !== "directory") {
			conflicts.push(...(await findStrangers(tree, change.path, wanted)));
		}
		const parent = parentOf(change.path);
		if (change.now !== null && parent !== null && !wanted.has(parent)) parents.add(parent);
	}
	for (const path of parents) {
		const found = await tree.lookup(path);
		// A missing one is no conflict: git keeps no empty directories.
		if (found === null || (found !== "foreign" && found.kind === "directory")) continue;
		conflicts.push({ path, was: expectedParent, wanted: expectedParent, found: found === "foreign" ? null : found });
	}
	return conflicts;
}

const expectedParent = { kind: "directory", mode: 0o755 } as const;

function fits({ was, now }: Change, found: TreeNode | null): boolean {
	return isAlike(found, was) || isAlike(found, now);
}

// An empty directory is nothing to git.
function isAlike(found: TreeNode | null, expected: TreeNode | null): boolean {
	if (expected?.kind === "directory") return found === null || found.kind === "directory";
	if (found?.kind === "file" && expected?.kind === "file") {
		return found.content === expected.content && (found.mode & 0o100) === (expected.mode & 0o100);
	}
	return sameNode(found, expected);
}

async function findStrangers(
	tree: GitTree,
	path: TreePath,
	wanted: ReadonlyMap<TreePath, Change>,
): Promise<readonly CommitConflict[]> {
	const strangers: CommitConflict[] = [];
	for (const name of await tree.names(path)) {
		const child = `${path}/${name}` as TreePath;
		if (wanted.get(child)?.now === null) continue;
		const found = await tree.lookup(child);
		strangers.push({ path: child, was: null, wanted: null, found: found === "foreign" ? null : found });
	}
	return strangers;
}
