import { RetakeError } from "@retake/base";
import type { Blobs } from "../blobs.ts";
import type { Change, Changeset } from "../changeset.ts";
import { createChangeset } from "../create-changeset.ts";
import { comparePaths } from "../path/compare-paths.ts";
import { ancestorsOf } from "../path/path-parts.ts";
import { printablePath } from "../path/printable-path.ts";
import { sameNode } from "../tree/same-node.ts";
import type { TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import { exactRenames } from "./exact-renames.ts";
import type { MergeConflict, MergeConflictKind } from "./merge-conflict.ts";
import { mergeNodes } from "./merge-node.ts";

/** What `mergeChangesets` works on: changesets made on one base. Merged texts are written to `blobs`, which holds the old ones. */
export interface MergeOptions {
	readonly changesets: readonly Changeset[];
	readonly blobs: Blobs;
}

/** What changesets come to. Where there are conflicts, `merged` is what is left without the paths concerned. */
export interface MergeResult {
	readonly merged: Changeset;
	readonly conflicts: readonly MergeConflict[];
}

/**
 * Merges any number of changesets of one base, path by path: what only one changed is taken, equal changes count once, edits of a
 * text are merged line by line, and follow a file that another moved as it was. The order of the changesets changes nothing but
 * the order of `sides` in conflicts. Throws `USAGE` where they do not start from the same base, and `BLOB_NOT_FOUND`.
 */
export function mergeChangesets({ changesets, blobs }: MergeOptions): MergeResult {
	return new Merge(changesets, blobs).run();
}

class Merge {
	readonly #sides: readonly ReadonlyMap<TreePath, Change>[];
	readonly #renames: readonly ReadonlyMap<TreePath, TreePath>[];
	readonly #blobs: Blobs;
	readonly #merged = new Map<TreePath, Change>();
	readonly #conflicts = new Map<TreePath, MergeConflict>();

	constructor(changesets: readonly Changeset[], blobs: Blobs) {
		this.#sides = changesets.map(({ changes }) => new Map(changes.map((change) => [change.path, change])));
		this.#renames = changesets.map(exactRenames);
		this.#blobs = blobs;
	}

	run(): MergeResult {
		const paths = new Set(this.#sides.flatMap((side) => [...side.keys()]));
		for (const path of paths) this.#mergePath(path);
		for (const path of [...this.#conflicts.keys()]) this.#followRename(path);
		this.#keepDirectoriesInUse();
		this.#dropOrphans();
		return {
			merged: createChangeset(this.#merged.values()),
			conflicts: [...this.#conflicts.values()].sort((left, right) => comparePaths(left.path, right.path)),
		};
	}

	#changesAt(path: TreePath): Change[] {
		return this.#sides.flatMap((side) => side.get(path) ?? []);
	}

	#wasAt(path: TreePath): TreeNode | null {
		const [first, ...others] = this.#changesAt(path);
		if (others.some(({ was }) => !sameNode(was, first?.was ?? null))) throw differentBases(path);
		return first?.was ?? null;
	}

	#mergePath(path: TreePath): void {
		const was = this.#wasAt(path);
		const result = mergeNodes(
			was,
			this.#changesAt(path).map(({ now }) => now),
			this.#blobs,
		);
		if (result.kind === "merged") this.#merged.set(path, { path, was, now: result.node });
		else this.#addConflict(path, result.conflict);
	}

	/** Lets edits of a file follow it where all who deleted it moved it to one place, as it was, and nobody else wrote there. */
	#followRename(path: TreePath): void {
		const was = this.#wasAt(path);
		if (was?.kind !== "file" || this.#conflicts.get(path)?.kind !== "delete-edit") return;
		const movers = this.#sides.flatMap((side, index) => (side.get(path)?.now === null ? [index] : []));
		const targets = new Set(movers.map((index) => this.#renames[index]?.get(path)));
		const [target] = targets;
		if (targets.size !== 1 || target === undefined) return;
		const isTheirs = this.#sides.every((side, index) => !side.has(target) || movers.includes(index));
		const edits = this.#changesAt(path).flatMap(({ now }) => now ?? []);
		if (!isTheirs || edits.some(({ kind }) => kind !== "file")) return;
		const moved = this.#changesAt(target).map(({ now }) => now);
		const result = mergeNodes(was, [...moved, ...edits], this.#blobs);
		if (result.kind === "conflict") return;
		this.#conflicts.delete(path);
		this.#conflicts.delete(target);
		this.#merged.set(path, { path, was, now: null });
		this.#merged.set(target, { path: target, was: null, now: result.node });
	}

	/** A directory that one side removed or replaced stays where another keeps something in it. */
	#keepDirectoriesInUse(): void {
		const kept = [...this.#conflicts.keys()];
		for (const { path, now } of this.#merged.values()) if (now !== null) kept.push(path);
		for (const path of kept) {
			for (const ancestor of ancestorsOf(path)) {
				const change = this.#merged.get(ancestor);
				if (change !== undefined && change.now?.kind !== "directory") this.#addConflict(ancestor, "structure");
			}
		}
	}

	/** What one side put into a directory that is now in conflict has no place to be. */
	#dropOrphans(): void {
		for (const { path, now } of this.#merged.values()) {
			if (now === null) continue;
			for (const ancestor of ancestorsOf(path)) {
				const conflict = this.#conflicts.get(ancestor);
				if (conflict !== undefined && conflict.was?.kind !== "directory") this.#merged.delete(path);
			}
		}
	}

	#addConflict(path: TreePath, kind: MergeConflictKind): void {
		const was = this.#wasAt(path);
		this.#merged.delete(path);
		this.#conflicts.set(path, {
			path,
			kind,
			was,
			sides: this.#sides.map((side) => {
				const change = side.get(path);
				return change === undefined ? was : change.now;
			}),
		});
	}
}

function differentBases(path: TreePath): RetakeError {
	return new RetakeError("USAGE", `the changesets start from different bases at "${printablePath(path)}"`, {
		sort: "misuse",
		data: { path },
		remedy: "merge changesets that were made on one base",
	});
}
