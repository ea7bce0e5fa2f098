import { diffIndices } from "node-diff3";
import { editScript } from "../patch/edit-script.ts";
import { commonEnds } from "../text/common-ends.ts";
import type { Line } from "../text/lines.ts";

/** Comparisons that aligning one text with its base may take; a candidate chooses its lines, and node-diff3 is quadratic in them. */
export const mergeStepsMax = 200_000_000;

/** A stretch of the base that one side has replaced; without lines of the base it is an insertion. */
export interface LineEdit {
	/** Index of the first line of the base that is replaced. */
	readonly start: number;
	/** Index behind the last one. */
	readonly end: number;
	readonly lines: readonly Line[];
}

/**
 * Lists the stretches of a base that one side has replaced, in order and never touching one another. Depends on these two texts
 * alone. Where node-diff3 would take more than `mergeStepsMax`, `editScript` with its own bound aligns them.
 */
export function lineEdits(base: readonly Line[], side: readonly Line[]): LineEdit[] {
	const { start, end } = commonEnds(base, side);
	const old = base.slice(start, base.length - end);
	const now = side.slice(start, side.length - end);
	if (old.length === 0 && now.length === 0) return [];
	const edits = alignSteps(old, now) > mergeStepsMax ? editsOfScript(old, now) : editsOfIndices(old, now);
	return edits.map((edit) => ({ ...edit, start: edit.start + start, end: edit.end + start }));
}

function editsOfIndices(old: Line[], now: Line[]): LineEdit[] {
	return diffIndices(old, now).map(({ buffer1, buffer2Content }) => {
		const [start, length] = buffer1;
		return { start, end: start + length, lines: buffer2Content };
	});
}

function editsOfScript(old: readonly Line[], now: readonly Line[]): LineEdit[] {
	const edits: { start: number; end: number; lines: Line[] }[] = [];
	let position = 0;
	for (const { kind, text } of editScript(old, now)) {
		if (kind === "context") {
			position++;
			continue;
		}
		let edit = edits.at(-1);
		if (edit?.end !== position) {
			edit = { start: position, end: position, lines: [] };
			edits.push(edit);
		}
		if (kind === "insert") edit.lines.push(text);
		else edit.end = ++position;
	}
	return edits;
}

/** Bounds the work of aligning two texts: every pair of equal lines, and every step through the chain of candidates. */
function alignSteps(base: readonly Line[], side: readonly Line[]): number {
	const counts = new Map<Line, number>();
	for (const line of base) counts.set(line, (counts.get(line) ?? 0) + 1);
	const pairs = side.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0);
	return pairs + (base.length * Math.min(base.length, side.length)) / 2;
}
