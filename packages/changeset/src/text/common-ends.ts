import type { Line } from "./lines.ts";

/** Counts the lines with which two texts begin alike, and those with which the rest of both ends. */
export function commonEnds(first: readonly Line[], second: readonly Line[]): { start: number; end: number } {
	const shorter = Math.min(first.length, second.length);
	let start = 0;
	while (start < shorter && first[start] === second[start]) start++;
	let end = 0;
	while (end < shorter - start && first.at(-1 - end) === second.at(-1 - end)) end++;
	return { start, end };
}
