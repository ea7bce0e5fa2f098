import type { Trace, TraceCall, TraceDiff, TraceDiffRow } from "@retake/recorder";
import type { RunRecord } from "@retake/store";

/** Several runs, each compared with the first. */
export interface ManyDiffs {
	readonly first: RunRecord;
	readonly trace: Trace;
	readonly others: readonly ComparedRun[];
}

/** A run that is compared with the first. */
export interface ComparedRun {
	readonly run: RunRecord;
	readonly trace: Trace;
	readonly diff: TraceDiff;
}

/** How one of the others stands to a call. */
export interface ManyCell {
	readonly row: TraceDiffRow;
	/** Whether that run parts from the first here. */
	readonly isFirstDivergence: boolean;
}

/** A call of the first run, or one that only others made, and how each of the others stands to it. */
export interface ManyRow {
	/** Of the first run where it made it, else of the first of the others that did. */
	readonly call: TraceCall;
	readonly isOfFirst: boolean;
	/** In the order of the others; null where neither the first run nor that one made the call. */
	readonly cells: readonly (ManyCell | null)[];
}

/** Lays the comparisons side by side: the first run's calls in their order, and between them those that only others made. */
export function manyRows({ trace: { calls }, others }: ManyDiffs): ManyRow[] {
	const cellsOf = new Map(calls.map((call): [TraceCall, (ManyCell | null)[]] => [call, others.map(() => null)]));
	const added = new Map<TraceCall | null, AddedCalls>();
	for (const [index, { diff }] of others.entries()) {
		const first = diff.firstDivergence === null ? undefined : diff.rows[diff.firstDivergence.row];
		let after: TraceCall | null = null;
		for (const row of diff.rows) {
			const cell: ManyCell = { row, isFirstDivergence: row === first };
			if (row.a === null) {
				const gap = added.get(after) ?? new AddedCalls(others.length);
				added.set(after, gap);
				gap.add(row.b, index, cell);
			} else {
				const cells = cellsOf.get(row.a);
				if (cells !== undefined) cells[index] = cell;
				after = row.a;
			}
		}
	}
	const between = (after: TraceCall | null): readonly ManyRow[] => added.get(after)?.rows ?? [];
	return [
		...between(null),
		...calls.flatMap((call) => [{ call, isOfFirst: true, cells: cellsOf.get(call) ?? [] }, ...between(call)]),
	];
}

/** Tells whether all runs agree about a call. */
export function isSameInAll({ cells }: ManyRow): boolean {
	return cells.every((cell) => cell?.row.kind === "same");
}

/** Calls at one place that the first run does not have; equal ones of several runs share a row. */
class AddedCalls {
	readonly rows: (ManyRow & { readonly cells: (ManyCell | null)[] })[] = [];
	readonly #count: number;
	readonly #byKey = new Map<string, ManyRow & { readonly cells: (ManyCell | null)[] }>();

	constructor(count: number) {
		this.#count = count;
	}

	add(call: TraceCall, index: number, cell: ManyCell): void {
		let nth = 0;
		const key = (): string => `${call.identity.tool} ${call.identity.inputHash} ${nth}`;
		while ((this.#byKey.get(key())?.cells[index] ?? null) !== null) nth++;
		let row = this.#byKey.get(key());
		if (row === undefined) {
			row = { call, isOfFirst: false, cells: Array.from({ length: this.#count }, () => null) };
			this.#byKey.set(key(), row);
			this.rows.push(row);
		}
		row.cells[index] = cell;
	}
}

/** Names the runs of a comparison: a, b, …, z, then r27, r28 and so on. */
export function runLetter(index: number): string {
	return index < 26 ? String.fromCharCode("a".charCodeAt(0) + index) : `r${index + 1}`;
}
