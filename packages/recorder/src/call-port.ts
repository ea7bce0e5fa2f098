import type { BlobId, ChangesetId, ValueHash } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";

/** What a recorder needs to know of a tool. */
export interface ToolSignature {
	readonly kind: "tool" | "value";
	readonly name: string;
	readonly schemaHash: ValueHash;
}

/** What an executing call hands to its recorder. */
export interface CallContext {
	/**
	 * Records and delivers a part of the output; resolves when it has been delivered. A producer that waits for it never runs ahead of the record;
	 * one that does not is stopped with `LIMIT_EXCEEDED` when 64 MiB wait.
	 */
	readonly chunk: (stream: string, bytes: Uint8Array) => Promise<void>;
	/** Aborted when the caller cancels. */
	readonly signal: AbortSignal;
}

/** What a step left, by the ids under which the store keeps it. */
export interface StoredChange {
	readonly changesetId: ChangesetId;
	/** Blob with the attributes beside the changeset; null where nothing is known of them. */
	readonly attributesId: BlobId | null;
}

/** What an executed call returned. */
export interface Executed {
	readonly value: CanonicalValue;
	readonly changesetId: ChangesetId | null;
	/** Blob with the attributes beside the changeset; absent or null where nothing is known of them. */
	readonly attributesId?: BlobId | null;
}

/** What a call delivers, live or from the record. */
export interface Delivered extends Omit<Executed, "attributesId"> {
	/** Time from issue to settlement, milliseconds: measured live, and the same number in playback. */
	readonly durationMs: number;
}

/** One call through the tape. */
export interface CallRequest {
	readonly tool: ToolSignature;
	/** Checked against the tool's schema already. */
	readonly input: CanonicalValue;
	/** Does the work. Never called in playback. A thrown `RetakeError` of sort `operation` is recorded as the call's error. */
	readonly execute: (context: CallContext) => Promise<Executed>;
	readonly onChunk?: (stream: string, bytes: Uint8Array) => void;
	readonly signal?: AbortSignal;
}

/** The clocks and random streams of a tape. */
export interface TapeReadings {
	/** Milliseconds since 1970, recorded. */
	now(): Promise<number>;
	/** Milliseconds since the tape began, with fractions; never goes back. Recorded. */
	monotonic(): Promise<number>;
	/** A number in [0, 1) from the named stream of the current scope; its seed is recorded. */
	random(name: string): Promise<number>;
	/** A version 4 UUID from a stream of the current scope; its seed is recorded. */
	uuid(): Promise<string>;
}

/**
 * The one door through which everything nondeterministic passes. A recorder executes and writes down; a player serves
 * what was written down and executes nothing. An agent cannot tell them apart.
 */
export interface Tape {
	readonly values: TapeReadings;
	/** Issues a call. Its address is fixed before this returns; the promise settles when the call does. */
	call(request: CallRequest): Promise<Delivered>;
	/** Runs each branch in a scope of its own, all at once, and returns their results in order. */
	parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]>;
	/** Runs `body`, such as a sub-agent, in a scope with a name of its own. */
	scope<Value>(name: string, body: () => Promise<Value>): Promise<Value>;
	/** Writes down something other than a call. */
	marker(name: "savepoint" | "rollback-to", value: CanonicalValue): void;
}
