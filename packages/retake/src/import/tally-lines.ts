import type { Counts, TranscriptSurvey, TranscriptTally } from "@retake/transcripts";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";

/** What a transcript's lines can be told from. */
export type ToldSurvey = Pick<TranscriptSurvey, "format" | "calls" | "messages" | "tally">;

/** Writes what became of a transcript's entries: what is on record, then a line for each sort that is not. */
export function tallyLines({ format, calls, messages, tally }: ToldSurvey): string[] {
	const what = format === "atif" ? "a trajectory" : formatCount(tally.entries, "entry", "entries");
	return [
		`${formatCount(calls, "call")} and ${formatCount(messages, "message")} from ${what} (${format})`,
		...lossLines(tally),
	];
}

/** Writes a line for each sort of entry of a transcript that is not on record. */
export function lossLines(tally: TranscriptTally): string[] {
	const { unreadable, unknown, leftOut, resultsWithoutCall, callsWithoutResult } = tally;
	const told: readonly (readonly [count: number, line: string])[] = [
		[unreadable, `${formatCount(unreadable, "line")} could not be read`],
		[totalOf(unknown), `not known to this version: ${countWords(unknown)}`],
		[totalOf(leftOut), `left out, neither call nor message: ${countWords(leftOut)}`],
		[resultsWithoutCall, `${formatCount(resultsWithoutCall, "result")} of no call in the transcript, left out`],
		[callsWithoutResult, `${formatCount(callsWithoutResult, "call")} without a result`],
	];
	return told.filter(([count]) => count > 0).map(([, line]) => line);
}

function totalOf(counts: Counts): number {
	return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function countWords(counts: Counts): string {
	return Object.entries(counts)
		.map(([name, count]) => `${count} ${escapeText(name)}`)
		.join(", ");
}
