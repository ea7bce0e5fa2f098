import { fieldOf, type Json } from "./json.ts";
import { readMoment } from "./transcript-reader.ts";

interface Source {
	readonly entries: AsyncIterator<Json | undefined>;
	next: IteratorResult<Json | undefined>;
	/** When its next entry was written, as far as it says so. */
	at: number;
}

/**
 * Yields the entries of several files as they were written: each file keeps its order, and among the files the earliest goes first, of equals the one
 * named first. An entry without a moment follows the one before it. Holds one entry of each file.
 */
export async function* mergeEntries(
	files: readonly AsyncIterable<Json | undefined>[],
): AsyncIterable<Json | undefined> {
	const sources: Source[] = [];
	for (const file of files) {
		const entries = file[Symbol.asyncIterator]();
		const source: Source = { entries, next: await entries.next(), at: Number.NEGATIVE_INFINITY };
		source.at = momentOf(source);
		sources.push(source);
	}
	try {
		for (;;) {
			let earliest: Source | null = null;
			for (const source of sources) {
				if (source.next.done !== true && (earliest === null || source.at < earliest.at)) earliest = source;
			}
			if (earliest === null || earliest.next.done === true) return;
			yield earliest.next.value;
			earliest.next = await earliest.entries.next();
			earliest.at = momentOf(earliest);
		}
	} finally {
		for (const { entries } of sources) await entries.return?.();
	}
}

function momentOf({ next, at }: Source): number {
	if (next.done === true) return at;
	return Math.max(at, readMoment(fieldOf(next.value, "timestamp")) ?? at);
}
