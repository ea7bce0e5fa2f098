import { pointerDifferences } from "../trace/pointer-differences.ts";
import type { Trace, TraceCall } from "../trace/trace.ts";
import { callDocument, resultsEqual } from "./call-document.ts";
import { numberCallKeys } from "./call-keys.ts";
import { compileIgnoreRules, type IgnoreRule, type ToolIgnoreRules } from "./ignore-rule.ts";
import { type CallMatching, invertMatching, matchCalls } from "./match-calls.ts";
import type { FirstDivergence, TraceDiff, TraceDiffCounts, TraceDiffRow } from "./trace-diff.ts";

/** What a diff leaves out of account. */
export interface TraceDiffOptions {
	readonly ignore?: readonly IgnoreRule[];
}

/**
 * Compares two runs call by call. Calls are aligned by kind, tool and input; what is left is paired by an equal key elsewhere
 * (moved) or a like input at the same place (input changed). Swapping the runs gives the same rows with inserted and
 * deleted exchanged. What a row's calls differ in is told by `explainRow`. Throws `USAGE` for a malformed ignore rule.
 */
export function diffTraces(a: Trace, b: Trace, options: TraceDiffOptions = {}): TraceDiff {
	const rulesFor = compileIgnoreRules(options.ignore ?? []);
	const keys = numberCallKeys(a.calls, b.calls, rulesFor);
	const aKeyed = { calls: a.calls, keys: keys.a };
	const bKeyed = { calls: b.calls, keys: keys.b };
	const matching = keys.aComesFirst
		? matchCalls(aKeyed, bKeyed, keys.keyCount)
		: invertMatching(matchCalls(bKeyed, aKeyed, keys.keyCount), a.calls.length);
	const rows = orderRows(a.calls, b.calls, matching, rulesFor);
	return {
		rows,
		counts: countRows(rows),
		firstDivergence: findFirstDivergence(rows),
		hiddenDifferences: rows.reduce((sum, row) => sum + ("hiddenDifferences" in row ? row.hiddenDifferences : 0), 0),
	};
}

function compareCalls(a: TraceCall, b: TraceCall, rules: ToolIgnoreRules): { visible: boolean; hidden: number } {
	const equal = a.identity.inputHash === b.identity.inputHash && resultsEqual(a, b);
	if (equal || rules.isEmpty) return { visible: !equal, hidden: 0 };
	const differences = pointerDifferences(callDocument(a), callDocument(b));
	const hidden = differences.filter((difference) => rules.matches(difference.pointer)).length;
	return { visible: hidden < differences.length, hidden };
}

/** Lays the rows out in the order of both runs; a moved call stands where the first of the two comes to it. */
function orderRows(
	aCalls: readonly TraceCall[],
	bCalls: readonly TraceCall[],
	{ partner, relation }: CallMatching,
	rulesFor: (tool: string) => ToolIgnoreRules,
): TraceDiffRow[] {
	const rows: TraceDiffRow[] = [];
	const toA = invertMatching({ partner, relation }, bCalls.length);
	const written = new Uint8Array(bCalls.length);
	let bNext = 0;
	const writePair = (aIndex: number, bIndex: number): void => {
		const a = aCalls[aIndex] as TraceCall;
		const b = bCalls[bIndex] as TraceCall;
		const { visible, hidden } = compareCalls(a, b, rulesFor(a.identity.tool));
		const how = relation[aIndex];
		const kind = how === "moved" || how === "input-changed" ? how : visible ? "result-changed" : "same";
		written[bIndex] = 1;
		rows.push({ kind, a, b, hiddenDifferences: hidden });
	};
	const writeBUntil = (end: number): void => {
		for (; bNext < end; bNext++) {
			if (written[bNext] === 1) continue;
			const aIndex = toA.partner[bNext] as number;
			if (aIndex >= 0) writePair(aIndex, bNext);
			else rows.push({ kind: "inserted", a: null, b: bCalls[bNext] as TraceCall });
		}
	};
	for (const [aIndex, a] of aCalls.entries()) {
		const bIndex = partner[aIndex] as number;
		if (bIndex < 0) rows.push({ kind: "deleted", a, b: null });
		else if (written[bIndex] === 0) {
			if (relation[aIndex] !== "moved") writeBUntil(bIndex);
			if (written[bIndex] === 0) writePair(aIndex, bIndex);
		}
	}
	writeBUntil(bCalls.length);
	return rows;
}

function countRows(rows: readonly TraceDiffRow[]): TraceDiffCounts {
	const count = { same: 0, "result-changed": 0, "input-changed": 0, moved: 0, inserted: 0, deleted: 0 };
	for (const row of rows) count[row.kind]++;
	const { same, moved, inserted, deleted } = count;
	return {
		same,
		resultChanged: count["result-changed"],
		inputChanged: count["input-changed"],
		moved,
		inserted,
		deleted,
	};
}

function findFirstDivergence(rows: readonly TraceDiffRow[]): FirstDivergence | null {
	for (const [index, row] of rows.entries()) {
		if (row.kind === "same") continue;
		const cause = row.kind === "result-changed" ? "environment" : "agent";
		return { cause, kind: row.kind, row: index, address: (row.a ?? row.b).address };
	}
	return null;
}
