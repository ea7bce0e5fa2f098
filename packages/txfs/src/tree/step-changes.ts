import { baseName, parentOf, type TreeNode, type TreePath } from "@retake/changeset";
import type { TreeChanges } from "./tree-changes.ts";

const nothing: ReadonlyMap<string, TreeNode | null> = new Map();

/** What a step has left at each path so far. It is written to as the step goes; `ChangeIndex` is what comes of it. */
export class StepChanges implements TreeChanges {
	readonly #directories = new Map<TreePath | null, Map<string, TreeNode | null>>();

	/** Puts a node at a path; null for nothing. */
	set(path: TreePath, node: TreeNode | null): void {
		const parent = parentOf(path);
		const names = this.#directories.get(parent);
		if (names === undefined) this.#directories.set(parent, new Map([[baseName(path), node]]));
		else names.set(baseName(path), node);
	}

	get(path: TreePath): TreeNode | null | undefined {
		return this.#directories.get(parentOf(path))?.get(baseName(path));
	}

	inDirectory(path: TreePath | null): ReadonlyMap<string, TreeNode | null> {
		return this.#directories.get(path) ?? nothing;
	}
}
