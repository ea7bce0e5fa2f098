import type { Json } from "./json.ts";
import type { KindCounter } from "./tally.ts";
import type { TranscriptEvent } from "./transcript-event.ts";

/** Who made a transcript, as far as it says so. */
export interface TranscriptOrigin {
	/** The program: `claude-code`, `codex`, what a trajectory names. */
	readonly agent: string;
	readonly version: string | null;
	readonly session: string | null;
	/** The directory in which it worked. */
	readonly workspace: string | null;
	readonly title: string | null;
	/** When the session began, where that is said apart from its entries; milliseconds since 1970. */
	readonly begunAt: number | null;
}

/** What a reader counts. */
export interface ReaderCounters {
	readonly unknown: KindCounter;
	readonly leftOut: KindCounter;
}

/** Reads the entries of one format, in order, and tells what they say. */
export interface TranscriptReader {
	/** As far as the entries so far tell. */
	readonly origin: TranscriptOrigin;
	take(entry: Json): Iterable<TranscriptEvent>;
}

/** Makes a reader that counts what it does not turn into events. */
export type CreateReader = (counters: ReaderCounters) => TranscriptReader;

/** Reads a moment as ISO 8601, or as a number of milliseconds; null for anything else. */
export function readMoment(value: Json | undefined): number | null {
	const moment =
		typeof value === "string" ? Date.parse(value) : typeof value === "number" ? Math.trunc(value) : Number.NaN;
	return Number.isFinite(moment) && moment >= 0 && moment < 8.64e15 ? moment : null;
}
