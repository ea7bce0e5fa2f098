import { RetakeError } from "@retake/base";
import type { Blobs } from "../blobs.ts";
import type { Change, Changeset } from "../changeset.ts";
import { createChangeset } from "../create-changeset.ts";
import { comparePaths } from "../path/compare-paths.ts";
import { ancestorsOf } from "../path/path-parts.ts";
import { printablePath } from "../path/printable-path.ts";
import { sameNode } from "../tree/same-node.ts";
import type { TreePath } from "../tree-path.ts";
import type { MergeConflict, MergeConflictKind } from "./merge-conflict.ts";
import { mergeNode } from "./merge-node.ts";

/** What `mergeChangesets` works on: two changesets made on one base. Merged texts are written to `blobs`. */
export interface MergeOptions {
	readonly ours: Changeset;
	readonly theirs: Changeset;
	readonly blobs: Blobs;
}

/** What two changesets come to. Where there are conflicts, `merged` is what is left without the paths concerned. */
export interface MergeResult {
	readonly merged: Changeset;
	readonly conflicts: readonly MergeConflict[];
}

/**
 * Merges two changesets of one base, path by path: what only one side changed is taken, equal changes count once, two edits of
 * a text are merged line by line. Throws `USAGE` where the two do not start from the same base, and `BLOB_NOT_FOUND`.
 */
export function mergeChangesets({ ours, theirs, blobs }: MergeOptions): MergeResult {
	return new Merge(ours, theirs, blobs).run();
}

class Merge {
	readonly #ours: ReadonlyMap<TreePath, Change>;
	readonly #theirs: ReadonlyMap<TreePath, Change>;
	readonly #blobs: Blobs;
	readonly #merged = new Map<TreePath, Change>();
	readonly #conflicts = new Map<TreePath, MergeConflict>();

	constructor(ours: Changeset, theirs: Changeset, blobs: Blobs) {
		this.#ours = new Map(ours.changes.map((change) => [change.path, change]));
		this.#theirs = new Map(theirs.changes.map((change) => [change.path, change]));
		this.#blobs = blobs;
	}

	run(): MergeResult {
		for (const path of new Set([...this.#ours.keys(), ...this.#theirs.keys()])) this.#mergePath(path);
		this.#keepDirectoriesInUse();
		this.#dropOrphans();
		return {
			merged: createChangeset(this.#merged.values()),
			conflicts: [...this.#conflicts.values()].sort((left, right) => comparePaths(left.path, right.path)),
		};
	}

	#mergePath(path: TreePath): void {
		const ours = this.#ours.get(path);
		const theirs = this.#theirs.get(path);
		if (ours === undefined || theirs === undefined) {
			const only = (ours ?? theirs) as Change;
			this.#merged.set(path, only);
			return;
		}
		if (!sameNode(ours.was, theirs.was)) throw differentBases(path);
		if (sameNode(ours.now, theirs.now)) {
			this.#merged.set(path, ours);
			return;
		}
		const result = mergeNode(ours.was, ours.now, theirs.now, this.#blobs);
		if (result.kind === "merged") this.#merged.set(path, { path, was: ours.was, now: result.node });
		else this.#addConflict(path, result.conflict);
	}

	/** A directory that one side removed or replaced stays where the other keeps something in it. */
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
		const ours = this.#ours.get(path);
		const theirs = this.#theirs.get(path);
		const was = (ours ?? theirs)?.was ?? null;
		this.#merged.delete(path);
		this.#conflicts.set(path, {
			path,
			kind,
			was,
			ours: ours === undefined ? was : ours.now,
			theirs: theirs === undefined ? was : theirs.now,
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
