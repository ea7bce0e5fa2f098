import { addressKey } from "@retake/recorder";
import type { ManyPage, ManyPageCell, ManyPageRow } from "@retake/viewer";
import { nextCommand } from "../../flags/next-command.ts";
import { pageCall, pageRun } from "../page-call.ts";
import { pageLimits } from "../page-limits.ts";
import type { ShownDiff } from "./diff-to-json.ts";
import { foldWhere } from "./fold-rows.ts";
import { isSameInAll, type ManyCell, type ManyDiffs, type ManyRow, manyRows, runLetter } from "./many-rows.ts";
import { PageDetails } from "./row-details.ts";

/** Turns the comparisons of several runs with the first into all that their page shows. Its size is bounded by `pageLimits`. */
export function manyPage(many: ManyDiffs, shown: Pick<ShownDiff, "store" | "ignore" | "flags">): ManyPage {
	const { first, trace, others } = many;
	const folded = foldWhere(manyRows(many), isSameInAll);
	const details = new PageDetails(shown);
	const cellOf = (cell: ManyCell | null, index: number): ManyPageCell => {
		const letter = runLetter(index + 1);
		if (cell === null) return { letter, kind: null, call: null, isFirstDivergence: false, details: [] };
		const { row, isFirstDivergence } = cell;
		return { letter, kind: row.kind, call: pageCall(row.b, shown.store), isFirstDivergence, details: details.of(row) };
	};
	const rows = folded.slice(0, pageLimits.rows).map((group): ManyPageRow => {
		const [row] = group;
		if (row === undefined || group.length > 1) return foldOf(group);
		const { call, isOfFirst, cells } = row;
		return { kind: "call", call: pageCall(call, shown.store), isOfFirst, cells: cells.map(cellOf) };
	});
	const runIds = [first, ...others.map(({ run }) => run)].map(({ runId }) => runId);
	return {
		first: pageRun(first, trace.calls.length, trace.rootHash),
		others: others.map(({ run, trace: of, diff }, index) => ({
			letter: runLetter(index + 1),
			run: pageRun(run, of.calls.length, of.rootHash),
			hiddenDifferences: diff.hiddenDifferences,
			divergence:
				diff.firstDivergence === null
					? null
					: {
							address: addressKey(diff.firstDivergence.address),
							kind: diff.firstDivergence.kind,
							cause: diff.firstDivergence.cause,
						},
		})),
		rows,
		rowsLeftOut: folded.slice(pageLimits.rows).reduce((sum, group) => sum + group.length, 0),
		detailsLeftOut: details.leftOut,
		command: nextCommand(shown.flags, "diff", ...runIds),
	};
}

function foldOf(group: readonly ManyRow[]): ManyPageRow {
	const addressOf = (row: ManyRow | undefined): string => (row === undefined ? "" : addressKey(row.call.address));
	return { kind: "fold", count: group.length, first: addressOf(group[0]), last: addressOf(group.at(-1)) };
}
