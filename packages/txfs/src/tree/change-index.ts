import { baseName, type Change, parentOf, type TreeNode, type TreePath } from "@retake/changeset";
import type { TreeChanges } from "./tree-changes.ts";

type Run = {
	readonly size: number;
	readonly directories: ReadonlyMap<TreePath | null, ReadonlyMap<string, TreeNode | null>>;
};

/**
 * What a chain of changesets left at each path. Adding makes a new index that shares all it can with the old one: runs
 * are kept newest first and merged while the next is not twice as large, so that a path is copied a logarithmic number of
 * times and looked for in a logarithmic number of places.
 */
export class ChangeIndex implements TreeChanges {
	static readonly empty = new ChangeIndex([]);
	readonly #runs: readonly Run[];

	private constructor(runs: readonly Run[]) {
		this.#runs = runs;
	}

	/** Returns the index with further changes on top. */
	with(changes: readonly Change[]): ChangeIndex {
		if (changes.length === 0) return this;
		let newest = toRun(changes);
		let older = this.#runs;
		while (older[0] !== undefined && older[0].size < newest.size * 2) {
			newest = mergeRuns(newest, older[0]);
			older = older.slice(1);
		}
		return new ChangeIndex([newest, ...older]);
	}

	get(path: TreePath): TreeNode | null | undefined {
		const parent = parentOf(path);
		const name = baseName(path);
		for (const run of this.#runs) {
			const node = run.directories.get(parent)?.get(name);
			if (node !== undefined) return node;
		}
		return undefined;
	}

	inDirectory(path: TreePath | null): ReadonlyMap<string, TreeNode | null> {
		const touched = this.#runs.map((run) => run.directories.get(path)).filter((names) => names !== undefined);
		const [only] = touched;
		if (only !== undefined && touched.length === 1) return only;
		return new Map(touched.reverse().flatMap((names) => [...names]));
	}
}

function toRun(changes: readonly Change[]): Run {
	const directories = new Map<TreePath | null, Map<string, TreeNode | null>>();
	for (const { path, now } of changes) namesOf(directories, parentOf(path)).set(baseName(path), now);
	return { size: changes.length, directories };
}

function mergeRuns(newer: Run, older: Run): Run {
	const directories = new Map<TreePath | null, Map<string, TreeNode | null>>();
	for (const run of [older, newer]) {
		for (const [directory, names] of run.directories) {
			const merged = namesOf(directories, directory);
			for (const [name, node] of names) merged.set(name, node);
		}
	}
	let size = 0;
	for (const names of directories.values()) size += names.size;
	return { size, directories };
}

function namesOf<Names>(
	directories: Map<TreePath | null, Map<string, Names>>,
	path: TreePath | null,
): Map<string, Names> {
	let names = directories.get(path);
	if (names === undefined) directories.set(path, (names = new Map()));
	return names;
}
