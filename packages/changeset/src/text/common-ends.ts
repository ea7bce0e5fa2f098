import type { Line } from "./lines.ts";

/** Counts the lines with which all the given texts begin, and those with which the rest of each ends. */
export function commonEnds(
	first: readonly Line[],
	...others: readonly (readonly Line[])[]
): { start: number; end: number } {
	const shortest = Math.min(first.length, ...others.map((lines) => lines.length));
	let start = 0;
	while (start < shortest && others.every((lines) => lines[start] === first[start])) start++;
	let end = 0;
	while (end < shortest - start && others.every((lines) => lines.at(-1 - end) === first.at(-1 - end))) end++;
	return { start, end };
}
