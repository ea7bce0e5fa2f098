import type { BlobReader, CanonicalValue } from "@retake/changeset";
import type { StoredEvent } from "../stored-event.ts";

/** A header's fields as they were written. */
export type HeaderFields = Readonly<Record<string, CanonicalValue>>;

/** Leads from one version of the semantics to the next. What lies on disk is never rewritten: its chain vouches for it as it is. */
export interface UpgradeStep {
	readonly header: (fields: HeaderFields) => HeaderFields;
	/** May throw `BLOB_NOT_FOUND`. */
	readonly event: (event: StoredEvent, blobs: BlobReader) => StoredEvent;
}
