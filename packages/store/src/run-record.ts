import type { ChainHash, ChangesetId, RunId } from "@retake/base";

/** What kind of program a run records. `imported`: another tool's, known by its transcript alone. */
export type RunKind = "command" | "candidate" | "evaluation" | "library" | "mcp" | "imported";

/**
 * Where a run stands. `open`: being recorded, or cut off; `kept`: ended, its changes wait for commit or rollback;
 * `committed` and `rolled-back`: ended and decided.
 */
export type RunState = "open" | "kept" | "committed" | "rolled-back";

/** One run as the store lists it. What happened in it is in its events. */
export interface RunRecord {
	readonly runId: RunId;
	/** The evaluation that a candidate belongs to, the run that a fork came from; null for a run of its own. */
	readonly parentRunId: RunId | null;
	readonly kind: RunKind;
	/** For people: the candidate's name, the command line. */
	readonly title: string;
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	readonly endedAt: number | null;
	readonly state: RunState;
	/** Whether the run counts as failed for `@last-failed`; null while open. */
	readonly failed: boolean | null;
	/** A word for the listing: a verdict, an exit code; null while open. */
	readonly verdict: string | null;
	/** Everything the run changed, composed; null while open. */
	readonly changesetId: ChangesetId | null;
	/** Hash of the last event: the run's root hash; null while open. */
	readonly rootHash: ChainHash | null;
	/** Canonical encoding of what the run needs to be started again; decoded by the recorder. */
	readonly header: Uint8Array;
}

/** How a run ended, written once. */
export interface RunEnd {
	readonly endedAt: number;
	readonly state: Exclude<RunState, "open">;
	readonly failed: boolean;
	readonly verdict: string;
	readonly changesetId: ChangesetId;
	readonly rootHash: ChainHash;
}

/** One event of a run's log as it lies on disk. */
export interface EventRecord {
	/** Position in the run's log, from 0, without gaps. */
	readonly sequence: number;
	/** Canonical encoding of the event. */
	readonly bytes: Uint8Array;
	/** SHA-256 of the previous event's chain hash and this event's bytes. */
	readonly chain: ChainHash;
}
