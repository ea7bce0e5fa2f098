import type { CallAddress } from "../trace/event.ts";
import type { TraceCall } from "../trace/trace.ts";

/** A call that both runs made, in one of four relations. */
export interface PairedRow {
	/**
	 * `same`: equal input and result. `result-changed`: equal input, other result. `input-changed`: the same tool at the aligned
	 * place with a like input. `moved`: equal input at another place among the calls.
	 */
	readonly kind: "same" | "result-changed" | "input-changed" | "moved";
	readonly a: TraceCall;
	readonly b: TraceCall;
	/** Differences between the two calls that an ignore rule hides. */
	readonly hiddenDifferences: number;
}

/** A call that only the second run made. */
export interface InsertedRow {
	readonly kind: "inserted";
	readonly a: null;
	readonly b: TraceCall;
}

/** A call that only the first run made. */
export interface DeletedRow {
	readonly kind: "deleted";
	readonly a: TraceCall;
	readonly b: null;
}

/** One line of a diff: every call of either run is in exactly one. */
export type TraceDiffRow = PairedRow | InsertedRow | DeletedRow;

/** How many rows there are of each class. */
export interface TraceDiffCounts {
	readonly same: number;
	readonly resultChanged: number;
	readonly inputChanged: number;
	readonly moved: number;
	readonly inserted: number;
	readonly deleted: number;
}

/** Where two runs part ways, and whose doing it was. */
export interface FirstDivergence {
	/** `environment`: the same call gave another result. `agent`: another call was made. */
	readonly cause: "environment" | "agent";
	readonly kind: Exclude<TraceDiffRow["kind"], "same">;
	/** Index into the rows. */
	readonly row: number;
	/** Of the call in the first run, or in the second where the first has none. */
	readonly address: CallAddress;
}

/** Two runs compared, call by call. */
export interface TraceDiff {
	readonly rows: readonly TraceDiffRow[];
	readonly counts: TraceDiffCounts;
	/** Null where every row is `same`. */
	readonly firstDivergence: FirstDivergence | null;
	/** Differences that ignore rules hide, over all rows. */
	readonly hiddenDifferences: number;
}
