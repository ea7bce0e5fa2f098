import type { Line } from "../text/lines.ts";
import type { TreePath } from "../tree-path.ts";
import { patchConflict } from "./patch-error.ts";
import type { Hunk } from "./patch-file.ts";
import type { PatchBudget } from "./patch-limits.ts";

/** Where hunks are applied, for errors and for bounds. */
export interface HunkTarget {
	readonly path: TreePath;
	readonly budget: PatchBudget;
}

/**
 * Applies hunks to the lines of a file. Every line of context must match exactly. A hunk may stand elsewhere than it says: the
 * nearest place wins, the later of two that are equally near, always behind the hunk before it. As in `git apply`, one that
 * begins at line 0 or 1 stands at the file's beginning, and one without context at its end stands at the file's end.
 * Throws `PATCH_CONFLICT`.
 */
export function applyHunks(lines: readonly Line[], hunks: readonly Hunk[], target: HunkTarget): Line[] {
	const finder = new PlaceFinder(lines, target.budget);
	const result: Line[] = [];
	let taken = 0;
	let grown = 0;
	for (const [index, hunk] of hunks.entries()) {
		const before = hunk.lines.flatMap(({ kind, text }) => (kind === "insert" ? [] : [text]));
		const expected = Math.max(0, hunk.newStart - 1) - grown;
		const place = finder.find({
			before,
			expected,
			earliest: taken,
			atStart: hunk.oldStart <= 1,
			atEnd: hunk.lines.at(-1)?.kind !== "context",
		});
		if (place === null) {
			const near = Math.max(0, Math.min(expected, lines.length));
			throw patchConflict({
				path: target.path,
				line: hunk.line,
				hunk: index + 1,
				reason: "the lines that it expects are not there",
				expected: before,
				found: lines.slice(near, near + before.length),
			});
		}
		for (; taken < place; taken++) result.push(lines[taken] as Line);
		for (const { kind, text } of hunk.lines) if (kind !== "delete") result.push(text);
		taken = place + before.length;
		grown = result.length - taken;
	}
	for (; taken < lines.length; taken++) result.push(lines[taken] as Line);
	return result;
}

interface Search {
	readonly before: readonly Line[];
	/** Index of the line at which to look first; may lie outside of the file. */
	readonly expected: number;
	/** Index of the first line that no hunk has taken. */
	readonly earliest: number;
	readonly atStart: boolean;
	readonly atEnd: boolean;
}

class PlaceFinder {
	readonly #lines: readonly Line[];
	readonly #budget: PatchBudget;
	/** Numbers for lines, equal ones alike: made once a hunk is not where it says, so that a long search compares numbers. */
	#numbers: { readonly byLine: ReadonlyMap<Line, number>; readonly ofFile: Int32Array } | null = null;

	constructor(lines: readonly Line[], budget: PatchBudget) {
		this.#lines = lines;
		this.#budget = budget;
	}

	find(search: Search): number | null {
		const latest = this.#lines.length - search.before.length;
		const first = Math.max(search.earliest, search.atEnd ? latest : 0);
		const last = search.atStart ? Math.min(0, latest) : latest;
		if (first > last) return null;
		const start = Math.min(Math.max(search.expected, first), last);
		if (this.#matchesAt(search.before, start)) return start;
		return first === last ? null : this.#searchAround(search.before, start, first, last);
	}

	#matchesAt(before: readonly Line[], place: number): boolean {
		this.#budget.take("matchSteps", before.length);
		return before.every((line, index) => this.#lines[place + index] === line);
	}

	#searchAround(before: readonly Line[], start: number, first: number, last: number): number | null {
		const { byLine, ofFile } = this.#number();
		const wanted = new Int32Array(before.length);
		for (const [index, line] of before.entries()) {
			const number = byLine.get(line);
			if (number === undefined) return null;
			wanted[index] = number;
		}
		let [forward, backward] = [start, start];
		while (forward < last || backward > first) {
			if (forward < last && this.#numbersMatch(wanted, ofFile, ++forward)) return forward;
			if (backward > first && this.#numbersMatch(wanted, ofFile, --backward)) return backward;
		}
		return null;
	}

	#numbersMatch(wanted: Int32Array, ofFile: Int32Array, place: number): boolean {
		let matched = 0;
		while (matched < wanted.length && wanted[matched] === ofFile[place + matched]) matched++;
		this.#budget.take("matchSteps", matched + 1);
		return matched === wanted.length;
	}

	#number(): { readonly byLine: ReadonlyMap<Line, number>; readonly ofFile: Int32Array } {
		if (this.#numbers !== null) return this.#numbers;
		const byLine = new Map<Line, number>();
		const ofFile = Int32Array.from(this.#lines, (line) => {
			const number = byLine.get(line) ?? byLine.size;
			byLine.set(line, number);
			return number;
		});
		this.#numbers = { byLine, ofFile };
		return this.#numbers;
	}
}
