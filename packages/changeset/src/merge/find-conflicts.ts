import type { Change, Changeset } from "../changeset.ts";
import { parentOf } from "../path/path-parts.ts";
import { sameNode } from "../tree/same-node.ts";
import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeReader } from "../tree-reader.ts";

/** Why a change does not fit a tree. */
export type ConflictReason =
	/** The tree has neither what the change expects nor what it makes. */
	| "changed"
	/** What should hold the path is no directory, or is not there. */
	| "parent-not-directory"
	/** The directory that goes away holds more than the changeset lists. */
	| "directory-not-empty";

/** A path at which a changeset does not fit a tree. */
export interface Conflict {
	readonly path: TreePath;
	readonly reason: ConflictReason;
	/** What the changeset expects there. */
	readonly was: TreeNode | null;
	/** What the changeset wants there. */
	readonly wanted: TreeNode | null;
	/** What the tree has there. */
	readonly found: TreeNode | null;
}

/**
 * Returns every path at which a changeset cannot be applied to a tree without overwriting something else, in order. A change that
 * the tree already has is none. An empty result means that applying gives exactly what the changeset says.
 */
export function findConflicts(changeset: Changeset, tree: TreeReader): readonly Conflict[] {
	const check = new ConflictCheck(changeset, tree);
	const conflicts: Conflict[] = [];
	for (const change of changeset.changes) {
		const found = tree.lookup(change.path);
		const reason = check.reasonFor(change, found);
		if (reason !== null) conflicts.push({ path: change.path, reason, was: change.was, wanted: change.now, found });
	}
	return conflicts;
}

class ConflictCheck {
	readonly #tree: TreeReader;
	readonly #after: ReadonlyMap<TreePath, TreeNode | null>;
	readonly #isDirectory = new Map<TreePath, boolean>();

	constructor(changeset: Changeset, tree: TreeReader) {
		this.#tree = tree;
		this.#after = new Map(changeset.changes.map(({ path, now }) => [path, now]));
	}

	reasonFor({ path, was, now }: Change, found: TreeNode | null): ConflictReason | null {
		if (now !== null && !this.#parentIsDirectory(path)) return "parent-not-directory";
		if (!sameNode(found, was) && !sameNode(found, now)) return "changed";
		if (found?.kind === "directory" && now?.kind !== "directory" && !this.#isEmptied(path))
			return "directory-not-empty";
		return null;
	}

	/** Whether the parent is a directory once the changeset is applied. */
	#parentIsDirectory(path: TreePath): boolean {
		const parent = parentOf(path);
		if (parent === null) return true;
		let answer = this.#isDirectory.get(parent);
		if (answer === undefined) {
			const planned = this.#after.get(parent);
			answer = (planned === undefined ? this.#tree.lookup(parent) : planned)?.kind === "directory";
			this.#isDirectory.set(parent, answer);
		}
		return answer;
	}

	#isEmptied(directory: TreePath): boolean {
		return this.#tree
			.entries(directory)
			.every(({ name }) => this.#after.get(`${directory}/${name}` as TreePath) === null);
	}
}
