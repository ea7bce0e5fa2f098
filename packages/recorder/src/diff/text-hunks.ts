import { alignSequences } from "./align-sequences.ts";

/** One line of a hunk, without its line break. */
export interface HunkLine {
	readonly kind: "context" | "removed" | "added";
	readonly text: string;
}

/** A stretch of two texts around lines that differ. */
export interface TextHunk {
	/** Number of the first line on each side, from 1. */
	readonly wasLine: number;
	readonly nowLine: number;
	readonly lines: readonly HunkLine[];
}

interface NumberedLine extends HunkLine {
	readonly wasLine: number;
	readonly nowLine: number;
}

function splitLines(text: string): string[] {
	if (text === "") return [];
	const lines = text.split("\n");
	if (lines.at(-1) === "") lines.pop();
	return lines;
}

function alignLines(was: readonly string[], now: readonly string[]): NumberedLine[] {
	const numbers = new Map<string, number>();
	const numberOf = (line: string): number => {
		const known = numbers.get(line) ?? numbers.size;
		numbers.set(line, known);
		return known;
	};
	const wasKeys = Int32Array.from(was, numberOf);
	const nowKeys = Int32Array.from(now, numberOf);
	const partner = alignSequences(wasKeys, nowKeys, numbers.size);
	const lines: NumberedLine[] = [];
	let nowIndex = 0;
	const add = (until: number, wasLine: number): void => {
		for (; nowIndex < until; nowIndex++) {
			lines.push({ kind: "added", text: now[nowIndex] as string, wasLine, nowLine: nowIndex + 1 });
		}
	};
	for (const [wasIndex, text] of was.entries()) {
		const aligned = partner[wasIndex] as number;
		if (aligned >= 0) add(aligned, wasIndex + 1);
		lines.push({ kind: aligned < 0 ? "removed" : "context", text, wasLine: wasIndex + 1, nowLine: nowIndex + 1 });
		if (aligned >= 0) nowIndex++;
	}
	add(now.length, was.length + 1);
	return lines;
}

/** Compares two texts line by line and returns the hunks in which they differ, with `context` equal lines around each. */
export function textHunks(was: string, now: string, context = 3): readonly TextHunk[] {
	const lines = alignLines(splitLines(was), splitLines(now));
	const hunks: TextHunk[] = [];
	let start = -1;
	let end = -1;
	const close = (): void => {
		const first = lines[start];
		if (first === undefined) return;
		const inHunk = lines.slice(start, end).map(({ kind, text }) => ({ kind, text }));
		hunks.push({ wasLine: first.wasLine, nowLine: first.nowLine, lines: inHunk });
	};
	for (const [index, line] of lines.entries()) {
		if (line.kind === "context") continue;
		if (start < 0 || index - context > end) {
			close();
			start = Math.max(0, index - context);
		}
		end = Math.min(lines.length, index + context + 1);
	}
	close();
	return hunks;
}
