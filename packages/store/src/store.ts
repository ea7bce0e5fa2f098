import type { ChangesetId, RunId } from "@retake/base";
import type { Blobs, Changeset } from "@retake/changeset";
import type { Reference } from "./reference-table.ts";
import type { EventRecord, RunEnd, RunRecord } from "./run-record.ts";

/** Keeps changesets by their id. */
export interface ChangesetTable {
	write(changeset: Changeset): ChangesetId;
	has(id: ChangesetId): boolean;
	/** Throws `BLOB_NOT_FOUND`. */
	read(id: ChangesetId): Changeset;
}

/** Keeps runs. */
export interface RunTable {
	/** Writes a run before its first event; durable when it returns. What `references` names is kept as long as the run. */
	begin(
		run: Pick<RunRecord, "runId" | "parentRunId" | "kind" | "title" | "startedAt" | "header">,
		references?: readonly Reference[],
	): void;
	/** Ends a run, once. Throws `RUN_STATE` for a run that has ended. */
	end(runId: RunId, end: RunEnd): void;
	/** Decides a kept run. Throws `RUN_STATE` for a run in another state. */
	decide(runId: RunId, state: "committed" | "rolled-back"): void;
	/** Throws `RUN_NOT_FOUND`. */
	get(runId: RunId): RunRecord;
	/** Newest first. */
	list(filter?: { readonly parentRunId?: RunId | null; readonly limit?: number }): readonly RunRecord[];
	/**
	 * Finds a run by id, unique prefix, `@last` or `@last-failed` (evaluations and candidates both count).
	 * Throws `RUN_NOT_FOUND` or, with the candidates as data, `RUN_AMBIGUOUS`.
	 */
	resolve(name: string): RunRecord;
	remove(runId: RunId): void;
	/** Yields what is kept as long as the run. */
	references(runId: RunId): Iterable<Reference>;
}

/** What a write survives when it returns: the end of the process, or that of the machine too, for the price of a flush to the disk. */
export type Durability = "process" | "power";

/** Keeps the events of runs, append only. */
export interface EventTable {
	/**
	 * Appends events that follow the last one; safe from what `durability` (default: `process`) says when it returns. `references` name
	 * the blobs and changesets that the events speak of: what is not named may be collected. Throws `RUN_STATE` for a run
	 * that has ended and for an event that does not follow.
	 */
	append(
		runId: RunId,
		events: readonly EventRecord[],
		references?: readonly Reference[],
		durability?: Durability,
	): void;
	/** Yields a run's events in order from `from`. */
	read(runId: RunId, from?: number): Iterable<EventRecord>;
	count(runId: RunId): number;
}

/** Small facts by key: snapshots, setup layers, commits, the store's own HMAC key. */
export interface FactTable {
	/** Returns canonical bytes, or null. */
	get(table: FactKind, key: string): Uint8Array | null;
	set(table: FactKind, key: string, value: Uint8Array): void;
	delete(table: FactKind, key: string): void;
	list(table: FactKind): Iterable<{ readonly key: string; readonly value: Uint8Array }>;
}

/** What a fact is about. */
export type FactKind = "snapshot" | "setup" | "commit" | "setting";

/** How much `collectGarbage` freed, or would free. */
export interface GarbageReport {
	readonly blobs: number;
	/** As they were written. */
	readonly bytes: number;
	/** As they lie in the store, compressed where that helped. */
	readonly bytesOnDisk: number;
	readonly changesets: number;
}

/** One SQLite file with everything that Retake remembers. Opened by `openStore`. */
export interface Store extends Disposable {
	/** The directory that holds the file, the snapshots and the lock. */
	readonly directory: string;
	/** Where snapshots and layers on disk lie: `directory/trees`. */
	readonly treesDirectory: string;
	readonly blobs: Blobs;
	readonly changesets: ChangesetTable;
	readonly runs: RunTable;
	readonly events: EventTable;
	readonly facts: FactTable;
	/** Runs `body`, which must not be asynchronous, in one SQLite transaction; nests as a savepoint. */
	atomically<Value>(body: () => Value): Value;
	/**
	 * Frees blobs and changesets that no run and no fact refers to, directly or through a changeset. What was written
	 * within `graceMs` milliseconds (default: an hour) stays, since the record that refers to it may be on its way.
	 */
	collectGarbage(options: { readonly dryRun: boolean; readonly graceMs?: number }): GarbageReport;
}
