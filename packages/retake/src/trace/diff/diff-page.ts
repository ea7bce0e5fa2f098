import { addressKey, type Trace, type TraceDiffRow } from "@retake/recorder";
import type { Store } from "@retake/store";
import type { DiffPage, PageRow, PageTree } from "@retake/viewer";
import { nextCommand } from "../../flags/next-command.ts";
import { pageCall, pageRun } from "../page-call.ts";
import { pageLimits } from "../page-limits.ts";
import type { ShownDiff } from "./diff-to-json.ts";
import { foldRows } from "./fold-rows.ts";
import { PageDetails } from "./row-details.ts";
import { treeDetail } from "./tree-details.ts";
import type { TreePathDifference } from "./tree-difference.ts";

/** The traces of two runs that are compared. */
export interface ComparedTraces {
	readonly a: Trace;
	readonly b: Trace;
}

/** Turns a diff into all that its page shows. Its size is bounded by `pageLimits`. */
export function diffPage(shown: ShownDiff, traces: ComparedTraces): DiffPage {
	const { runs, diff, tree, store, flags } = shown;
	const first = diff.firstDivergence;
	const folded = foldRows(diff.rows);
	const details = new PageDetails(shown);
	const rows = folded.slice(0, pageLimits.rows).map((group): PageRow => {
		const [row] = group;
		if (row === undefined || (row.kind === "same" && group.length > 1)) return foldOf(group);
		const isFirstDivergence = first !== null && diff.rows[first.row] === row;
		return {
			kind: row.kind,
			a: pageCall(row.a, store),
			b: pageCall(row.b, store),
			isFirstDivergence,
			details: details.of(row),
		};
	});
	const { same, resultChanged, inputChanged, moved, inserted, deleted } = diff.counts;
	const row = first === null ? undefined : diff.rows[first.row];
	return {
		a: pageRun(runs.a, traces.a.calls.length, traces.a.rootHash),
		b: pageRun(runs.b, traces.b.calls.length, traces.b.rootHash),
		counts: { same, "result-changed": resultChanged, "input-changed": inputChanged, moved, inserted, deleted },
		hiddenDifferences: diff.hiddenDifferences,
		divergence:
			first === null || tree === null
				? null
				: {
						address: addressKey(first.address),
						tool: (row?.a ?? row?.b)?.identity.tool ?? "",
						kind: first.kind,
						cause: first.cause,
						tree: treeOf(tree.paths, store),
					},
		rows,
		rowsLeftOut: folded.slice(pageLimits.rows).reduce((sum, group) => sum + group.length, 0),
		detailsLeftOut: details.leftOut,
		command: nextCommand(flags, "diff", runs.a.runId, runs.b.runId),
	};
}

function foldOf(group: readonly TraceDiffRow[]): PageRow {
	const addressOf = (row: TraceDiffRow | undefined): string =>
		row === undefined ? "" : addressKey((row.a ?? row.b).address);
	return { kind: "fold", count: group.length, first: addressOf(group[0]), last: addressOf(group.at(-1)) };
}

function treeOf(paths: readonly TreePathDifference[], store: Store): PageTree {
	const shown = paths.slice(0, pageLimits.treePaths).map((each) => treeDetail(each, store, pageLimits));
	return { paths: shown, leftOut: paths.length - shown.length };
}
