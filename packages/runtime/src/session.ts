import type { ChainHash, ChangesetId, RunId } from "@retake/base";
import type { CanonicalValue, Changeset } from "@retake/changeset";
import type { ToolInput, ToolName, ToolOutput } from "./tools/standard-tools.ts";

/** Takes a part of an output, under the name of its stream. */
export type ChunkSink = (stream: string, bytes: Uint8Array) => void;

/** How a call is made. */
export interface CallOptions {
	/** Sees output as it comes; what it saw is recorded, chunk by chunk. */
	readonly onChunk?: ChunkSink;
	/** Told how long the call took, milliseconds, when it has succeeded; in playback the recorded time. */
	readonly onTimed?: (durationMs: number) => void;
	/** Cancels the call. */
	readonly signal?: AbortSignal;
}

/** A point in a session to which it can return. */
export interface SessionSavepoint {
	readonly kind: "session-savepoint";
	readonly depth: number;
}

/**
 * What an agent program sees of a session, live or played back: it cannot tell the two apart.
 * Calls run one after another in the order in which they were issued, each on a layer of its own.
 */
export interface AgentSession {
	readonly runId: RunId;
	/**
	 * Calls a tool. Rejects with `TOOL_INPUT` for an input that does not fit, with the tool's own error where it failed
	 * (`FILE_NOT_FOUND`, `PATCH_CONFLICT`, …), and with `SANDBOX_FAILED` where the infrastructure failed.
	 */
	call<Name extends ToolName>(name: Name, input: ToolInput<Name>, options?: CallOptions): Promise<ToolOutput<Name>>;
	/**
	 * Lays a changeset over the tree: every path becomes what the changeset says, whatever was there. Where it is what the run
	 * `of` left, its files also get the attributes that they had there. Recorded as a call, of which `of` is no part.
	 */
	layOver(changesetId: ChangesetId, of?: RunId): Promise<void>;
	/**
	 * Does work of the agent's own through the record, such as a model call or a sub-agent: in playback the recorded value is
	 * returned and `work` is not called. Unlike tools, such work is not queued: several may be under way. What `work` hands to
	 * `chunk` is recorded piece by piece and reaches `onChunk`, live and in playback.
	 */
	perform<Value extends CanonicalValue>(
		name: string,
		input: CanonicalValue,
		work: (signal: AbortSignal, chunk: ChunkSink) => Promise<Value>,
		options?: CallOptions,
	): Promise<Value>;
	/** Runs branches at once, each with call addresses of its own, and returns their results in order. */
	parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]>;
	/** Marks the state after the calls so far. Throws `USAGE` while a call is under way. */
	savepoint(): SessionSavepoint;
	/** Drops everything done after a savepoint. Throws `USAGE` while a call is under way. */
	rollbackTo(savepoint: SessionSavepoint): void;
	/** Returns what differs from the base, composed. */
	changes(): Changeset;
	/** Milliseconds since 1970, recorded. */
	now(): Promise<number>;
	/** A number in [0, 1), recorded. */
	random(name?: string): Promise<number>;
	/** A version 4 UUID, recorded. */
	uuid(): Promise<string>;
}

/** A run that has ended. */
export interface EndedRun {
	readonly runId: RunId;
	readonly rootHash: ChainHash;
	readonly changesetId: ChangesetId;
	readonly changes: Changeset;
}

/** What a run is remembered as. */
export interface RunVerdict {
	/** A word for the listing, such as `pass` or `exit 1`. */
	readonly verdict: string;
	readonly failed: boolean;
}
