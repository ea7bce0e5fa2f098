import { constants, readFileSync } from "node:fs";
import {
	type BlobReader,
	type Blobs,
	type Change,
	type Changeset,
	createChangeset,
	createMemoryBlobs,
	mergeChangesets,
	mergeFileBytesMax,
	sameNode,
	treePathToBytes,
} from "@retake/changeset";
import type { OpenDescriptor } from "@retake/linux";
import type { CommitConflict } from "./commit-outcome.ts";
import { findDrift } from "./drift.ts";
import { openWithin } from "./open-within.ts";

/** What is left to do to a live tree, or why it cannot be done. */
export interface MergedDrift {
	readonly conflicts: readonly CommitConflict[];
	/** Their `was` is what the tree has now. */
	readonly changes: readonly Change[];
	/** Holds the contents of `changes`, those of merged texts included. */
	readonly blobs: BlobReader;
}

/**
 * Compares a changeset with the live tree and, where that is asked for, merges what the tree's own users changed meanwhile
 * three ways into it. Throws what `findDrift` and `mergeChangesets` do.
 */
export function mergeDrift(
	root: OpenDescriptor,
	changeset: Changeset,
	blobs: BlobReader,
	onDrift: "refuse" | "merge",
): MergedDrift {
	const { conflicts, remaining } = findDrift(root, changeset.changes);
	if (conflicts.length === 0 || onDrift === "refuse") return { conflicts, changes: remaining, blobs };
	const byPath = new Map(changeset.changes.map((change) => [change.path, change]));
	const structural = conflicts.filter(({ path }) => !byPath.has(path));
	if (structural.length > 0) return { conflicts, changes: [], blobs };
	const drifted = new Map(conflicts.map((conflict) => [conflict.path, conflict]));
	const both = layerBlobs(blobs, createMemoryBlobs());
	for (const { path, found } of conflicts) {
		if (found?.kind === "file" && found.size <= mergeFileBytesMax) both.write(readLive(root, treePathToBytes(path)));
	}
	const theirs = createChangeset(conflicts.map(({ path, was, found }) => ({ path, was, now: found })));
	const result = mergeChangesets({ changesets: [createChangeset(remaining), theirs], blobs: both });
	if (result.conflicts.length > 0) {
		const open = new Set(result.conflicts.map(({ path }) => path));
		return { conflicts: conflicts.filter(({ path }) => open.has(path)), changes: [], blobs };
	}
	const changes = result.merged.changes
		.map((change) => ({ ...change, was: (drifted.get(change.path) ?? { found: change.was }).found }))
		.filter(({ was, now }) => !sameNode(was, now));
	return { conflicts: [], changes, blobs: both };
}

function readLive(root: OpenDescriptor, path: Uint8Array): Uint8Array {
	// A fifo that took the file's place meanwhile must not make the commit wait.
	using file = openWithin(root.descriptor, path, constants.O_RDONLY | constants.O_NONBLOCK);
	return readFileSync(file.descriptor);
}

function layerBlobs(below: BlobReader, above: Blobs): Blobs {
	return {
		read: (id) => (above.has(id) ? above : below).read(id),
		chunks: (id) => (above.has(id) ? above : below).chunks(id),
		has: (id) => above.has(id) || below.has(id),
		write: (bytes) => above.write(bytes),
		writeChunks: (chunks) => above.writeChunks(chunks),
		receive: () => above.receive(),
		together: (body) => above.together(body),
	};
}
