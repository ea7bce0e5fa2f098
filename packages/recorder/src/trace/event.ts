import type { BlobId, ChangesetId, ErrorSort, ValueHash } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";

/** Where a call stands in its program: the scope that issued it and its number there, given when it was issued. */
export interface CallAddress {
	/** Path of scopes, `/` for the run itself, `/0/2` for branch 2 of parallel group 0. */
	readonly scope: string;
	/** From 0 in its scope. */
	readonly sequence: number;
}

/** What a call is: two calls are the same call when these are equal. */
export interface CallIdentity {
	readonly kind: "tool" | "value";
	readonly tool: string;
	/** Hash of the tool's JSON schema. */
	readonly schemaHash: ValueHash;
	readonly inputHash: ValueHash;
}

/** A call was issued. Durable before the call is executed. */
export interface IssuedEvent {
	readonly kind: "issued";
	readonly address: CallAddress;
	readonly identity: CallIdentity;
	readonly input: CanonicalValue;
	/** Milliseconds since the run began. */
	readonly atMs: number;
}

/** A part of a call's output was delivered. */
export interface ChunkEvent {
	readonly kind: "chunk";
	readonly address: CallAddress;
	readonly stream: string;
	readonly bytes: Uint8Array;
	readonly atMs: number;
}

/** How a call ended. */
export type Outcome =
	| { readonly kind: "result"; readonly value: CanonicalValue }
	| { readonly kind: "error"; readonly error: RecordedError };

/** An error as it is recorded and thrown again. */
export interface RecordedError {
	readonly name: string;
	readonly code: string;
	/** Who has to act. */
	readonly sort: ErrorSort;
	readonly message: string;
	readonly remedy: string | null;
	/** Null where the data has no canonical form. */
	readonly data: CanonicalValue;
}

/** A call ended, with what it did to the files. */
export interface SettledEvent {
	readonly kind: "settled";
	readonly address: CallAddress;
	readonly outcome: Outcome;
	/** What the call changed; null where it cannot change files. */
	readonly changesetId: ChangesetId | null;
	/** Blob with the attributes of what it left; null where nothing is known of them. */
	readonly attributesId: BlobId | null;
	readonly atMs: number;
}

/** A call was cancelled after the bytes that were delivered before. */
export interface CancelledEvent {
	readonly kind: "cancelled";
	readonly address: CallAddress;
	readonly atMs: number;
}

/** Something other than a call: a savepoint, a rollback, the end of the run. */
export interface MarkerEvent {
	readonly kind: "marker";
	readonly name: "savepoint" | "rollback-to" | "end";
	readonly value: CanonicalValue;
	readonly atMs: number;
}

/** Every fact that a run's log can hold. */
export type TraceEvent = IssuedEvent | ChunkEvent | SettledEvent | CancelledEvent | MarkerEvent;
