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
	/** `RetakeError` for one of ours, else what the error calls itself. */
	readonly name: string;
	/** As the error has it; null for one without a code. */
	readonly code: string | number | null;
	/** Who has to act. */
	readonly sort: ErrorSort;
	readonly message: string;
	readonly remedy: string | null;
	/** Null where the data has no canonical form. */
	readonly data: CanonicalValue;
	/** What it was thrown because of; null for nothing. */
	readonly cause: RecordedError | null;
	/** What a process ended with; null where the error tells of none. */
	readonly exitCode: number | null;
	/** Name of the signal that ended a process; null where the error tells of none. */
	readonly signal: string | null;
	/** What a process wrote to its standard error, as the error has it; null where it does not. */
	readonly stderr: string | Uint8Array | null;
	/** Whether the error says that time ran out; null where it says nothing of it. */
	readonly timedOut: boolean | null;
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
