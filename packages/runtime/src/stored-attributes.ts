import type { BlobId, RunId } from "@retake/base";
import {
	type AttributedChanges,
	type BlobReader,
	type BlobWriter,
	decodeAttributes,
	emptyAttributes,
	encodeAttributes,
	type TreeAttributes,
} from "@retake/changeset";
import { type RunBase, readOutcome, type StoredChange } from "@retake/recorder";
import type { ChangesetTable, Store } from "@retake/store";

/** Keeps attributes as a blob; null where they say nothing. */
export function writeAttributes(blobs: BlobWriter, attributes: TreeAttributes): BlobId | null {
	return attributes.entries.length === 0 ? null : blobs.write(encodeAttributes(attributes));
}

/** Reads what `writeAttributes` kept. Throws `BLOB_NOT_FOUND`. */
export function readAttributes(blobs: BlobReader, id: BlobId | null | undefined): TreeAttributes {
	return id === null || id === undefined ? emptyAttributes : decodeAttributes(blobs.read(id));
}

/** Keeps what a step left. */
export function writeChange(
	store: Pick<Store, "blobs" | "changesets">,
	{ changeset, attributes }: AttributedChanges,
): StoredChange {
	return { changesetId: store.changesets.write(changeset), attributesId: writeAttributes(store.blobs, attributes) };
}

/** Reads what `writeChange` kept. Throws `BLOB_NOT_FOUND`. */
export function readChange(
	{ changesets, blobs }: { readonly changesets: Pick<ChangesetTable, "read">; readonly blobs: BlobReader },
	{ changesetId, attributesId }: StoredChange,
): AttributedChanges {
	return { changeset: changesets.read(changesetId), attributes: readAttributes(blobs, attributesId) };
}

/** Returns what a run began with over its snapshot; null for nothing. */
export function baseChange({ changesetId, attributesId }: RunBase): StoredChange | null {
	return changesetId === null ? null : { changesetId, attributesId: attributesId ?? null };
}

/** Returns the attributes of what a run left; none for a run without an end, and for one from before they were recorded. */
export function runAttributes(store: Store, runId: RunId): TreeAttributes {
	return readAttributes(store.blobs, readOutcome(store, runId)?.attributesId);
}
