import {
	type BlobReader,
	type Change,
	type Changeset,
	parentOf,
	sameNode,
	type TreeNode,
	type TreePath,
} from "@retake/changeset";
import { objectName } from "../../git/objects/object-hash.ts";
import type { CommitConflict } from "../commit-outcome.ts";
import type { GitTree } from "./git-tree.ts";
import type { GitEntry } from "./git-tree-object.ts";

/** Compares a changeset with a git tree, as far as git can tell things apart: no directory modes, and of a file's only execution. */
export function findBranchDrift(tree: GitTree, changeset: Changeset, blobs: BlobReader): readonly CommitConflict[] {
	const wanted = new Map(changeset.changes.map((change) => [change.path, change]));
	const conflicts: CommitConflict[] = [];
	const parents = new Set<TreePath>();
	for (const change of changeset.changes) {
		const found = tree.entry(change.path);
		if (!isAlike(tree, found, change.was, blobs) && !isAlike(tree, found, change.now, blobs)) {
			conflicts.push({ path: change.path, was: change.was, wanted: change.now, found: nodeOf(tree, found) });
		} else if (found?.mode === "40000" && change.now !== null && change.now.kind !== "directory") {
			conflicts.push(...findStrangers(tree, change.path, wanted));
		}
		const parent = parentOf(change.path);
		if (change.now !== null && parent !== null && !wanted.has(parent)) parents.add(parent);
	}
	for (const path of parents) {
		const found = tree.entry(path);
		// A missing one is no conflict: git keeps no empty directories.
		if (found === null || found.mode === "40000") continue;
		conflicts.push({ path, was: expectedParent, wanted: expectedParent, found: nodeOf(tree, found) });
	}
	return conflicts;
}

const expectedParent = { kind: "directory", mode: 0o755 } as const;

function nodeOf(tree: GitTree, entry: GitEntry | null): TreeNode | null {
	return entry === null ? null : tree.node(entry);
}

// An empty directory is nothing to git. A file is compared by git's own name for its bytes, which need not be unpacked for it.
function isAlike(tree: GitTree, found: GitEntry | null, expected: TreeNode | null, blobs: BlobReader): boolean {
	switch (expected?.kind) {
		case undefined:
			return found === null;
		case "directory":
			return found === null || found.mode === "40000";
		case "symlink":
			return found?.mode === "120000" && sameNode(tree.node(found), expected);
		case "file": {
			const mode = (expected.mode & 0o100) === 0 ? "100644" : "100755";
			return found?.mode === mode && found.oid === objectName("blob", expected.size, blobs.chunks(expected.content));
		}
	}
}

function findStrangers(
	tree: GitTree,
	path: TreePath,
	wanted: ReadonlyMap<TreePath, Change>,
): readonly CommitConflict[] {
	const strangers: CommitConflict[] = [];
	for (const name of tree.names(path)) {
		const child = `${path}/${name}` as TreePath;
		if (wanted.get(child)?.now === null) continue;
		strangers.push({ path: child, was: null, wanted: null, found: nodeOf(tree, tree.entry(child)) });
	}
	return strangers;
}
