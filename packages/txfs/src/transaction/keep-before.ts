import type { Blobs, Changeset, TreeReader } from "@retake/changeset";

/** Keeps the bytes of every file that a changeset replaced or deleted, so that it can be inverted, merged and shown without the tree. */
export function keepBefore(changeset: Changeset, before: TreeReader, blobs: Blobs): void {
	for (const { path, was } of changeset.changes) {
		if (was?.kind === "file" && !blobs.has(was.content)) blobs.writeChunks(before.chunks(path));
	}
}
