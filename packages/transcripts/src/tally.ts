import { transcriptLimits } from "./transcript-limits.ts";

/** How often each kind of entry occurred, by its name. */
export type Counts = Readonly<Record<string, number>>;

/** What became of the entries of a transcript: each is in a call or message, or is counted here. */
export interface TranscriptTally {
	/** Lines of a transcript that has one entry a line, or steps. */
	readonly entries: number;
	/** Lines that are not an object of JSON, most often because they were cut off. */
	readonly unreadable: number;
	/** Entries that this version does not know. */
	readonly unknown: Counts;
	/** Entries that are known and hold neither a call nor a message, or repeat one. */
	readonly leftOut: Counts;
	/** Results of calls that the transcript does not have, or has a result of already. */
	readonly resultsWithoutCall: number;
	/** Calls that the transcript has no result of. */
	readonly callsWithoutResult: number;
}

/** Counts kinds, a bounded number of them apart. */
export class KindCounter {
	readonly #counts = new Map<string, number>();

	/** Counts one more. */
	count(kind: string): void {
		const name = kind.slice(0, 80).toWellFormed();
		const known = this.#counts.has(name) || this.#counts.size < transcriptLimits.tallyKinds;
		const key = known ? name : "others";
		this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
	}

	/** By name, in the order of the names. */
	get counts(): Counts {
		return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
	}
}
