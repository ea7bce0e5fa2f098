import type { CanonicalValue, TreeNode } from "@retake/changeset";
import { addressKey, type TextHunk, type Trace, type TraceCall, type TraceDiffRow, textHunks } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import type { DiffPage, PageCall, PageDetail, PageRow, PageRun, PageTree } from "@retake/viewer";
import { nextCommand } from "../flags/next-command.ts";
import { formatBytes, formatDuration } from "../terminal/format.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";
import { changedPathsOf, inputLine, outcomeWords } from "./describe-call.ts";
import type { ShownDiff } from "./diff-to-json.ts";
import { explainToPeople } from "./explained-row.ts";
import { jsonValue } from "./json-value.ts";
import { readableInput } from "./readable-input.ts";
import { type TreePathDifference, treeDifference } from "./tree-difference.ts";

/** What a page may hold; what is past it is counted on the page. */
export const pageLimits = {
	/** Rows, runs of the same calls counting as one. */
	rows: 2_000,
	/** Rows that show what they differ in. */
	detailedRows: 500,
	/** Values shown for one row. */
	detailsOfRow: 24,
	/** Lines shown of one value. */
	linesOfDetail: 200,
	/** Characters shown of one line. */
	lineCharacters: 1_000,
	/** Bytes up to which a text is compared by lines. */
	textBytes: 1024 ** 2,
	/** Paths shown of the trees' difference. */
	treePaths: 100,
} as const;

/** Turns a diff into all that its page shows. Its size is bounded by `pageLimits`. */
export function diffPage(shown: ShownDiff, traces: { readonly a: Trace; readonly b: Trace }): DiffPage {
	const { runs, diff, store, flags } = shown;
	const first = diff.firstDivergence;
	const folded = foldRows(diff.rows);
	let detailed = 0;
	const rows = folded.slice(0, pageLimits.rows).map((group): PageRow => {
		const [row] = group;
		if (row === undefined || (row.kind === "same" && group.length > 1)) return foldOf(group);
		const details = row.kind === "same" || detailed >= pageLimits.detailedRows ? [] : detailsOf(row, shown);
		if (details.length > 0) detailed++;
		const isFirstDivergence = first !== null && diff.rows[first.row] === row;
		return { kind: row.kind, a: callOf(row.a, store), b: callOf(row.b, store), isFirstDivergence, details };
	});
	const { same, resultChanged, inputChanged, moved, inserted, deleted } = diff.counts;
	const row = first === null ? undefined : diff.rows[first.row];
	const tree = treeDifference(traces.a, traces.b, diff, store);
	return {
		a: runOf(runs.a, traces.a),
		b: runOf(runs.b, traces.b),
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
		command: nextCommand(flags, "diff", runs.a.runId, runs.b.runId),
	};
}

/** Gathers neighbours that are the same; one on each side of what is not stays by itself, so that it is seen in its place. */
function foldRows(rows: readonly TraceDiffRow[]): (readonly TraceDiffRow[])[] {
	const groups: TraceDiffRow[][] = [];
	const isNear = (index: number): boolean => [index - 1, index + 1].some((at) => (rows[at]?.kind ?? "same") !== "same");
	for (const [index, row] of rows.entries()) {
		const last = groups.at(-1);
		const folds = row.kind === "same" && !isNear(index);
		if (folds && last !== undefined && last[0]?.kind === "same" && !isNear(index - 1)) last.push(row);
		else groups.push([row]);
	}
	return groups;
}

function foldOf(group: readonly TraceDiffRow[]): PageRow {
	const addressOf = (row: TraceDiffRow | undefined): string =>
		row === undefined ? "" : addressKey((row.a ?? row.b).address);
	return { kind: "fold", count: group.length, first: addressOf(group[0]), last: addressOf(group.at(-1)) };
}

function runOf(run: RunRecord, trace: Trace): PageRun {
	return {
		runId: run.runId,
		title: run.title,
		verdict: run.verdict ?? "cut off",
		failed: run.failed !== false,
		startedAt: run.startedAt === 0 ? "not told" : new Date(run.startedAt).toISOString(),
		calls: trace.calls.length,
		rootHash: trace.rootHash,
	};
}

function callOf(call: TraceCall | null, store: Store): PageCall | null {
	if (call === null) return null;
	const { words, well } = outcomeWords(call);
	return {
		address: addressKey(call.address),
		tool: call.identity.tool,
		input: inputLine(call.input).slice(0, 400),
		outcome: words,
		isWell: well,
		duration: call.settledAtMs === null ? "" : formatDuration(call.settledAtMs - call.issuedAtMs),
		changed: changedPathsOf(call, store).length,
	};
}

function detailsOf(row: TraceDiffRow, shown: ShownDiff): PageDetail[] {
	if (row.kind === "inserted" || row.kind === "deleted")
		return aloneDetails(row.kind === "inserted" ? row.b : row.a, row.kind);
	const { differences, paths } = explainToPeople(row, shown);
	const details = differences.map((each): PageDetail => {
		const was = each.kind === "added" ? "" : valueText(each.was);
		const now = each.kind === "removed" ? "" : valueText(each.now);
		return textDetail(each.pointer.slice(1), each.kind === "changed" ? "" : `${each.kind}`, was, now);
	});
	const files =
		paths.length === 0
			? []
			: [{ name: paths.slice(0, 20).join("  "), note: "changed differently", hunks: [], leftOut: 0 }];
	return [...files, ...details].slice(0, pageLimits.detailsOfRow);
}

function aloneDetails(call: TraceCall, kind: "inserted" | "deleted"): PageDetail[] {
	const input = valueText(readableInput(call.input));
	const result = call.outcome.kind === "result" ? valueText(call.outcome.value) : outcomeWords(call).words;
	const only = (name: string, text: string): PageDetail =>
		kind === "inserted" ? textDetail(name, "", "", text) : textDetail(name, "", text, "");
	return [only("input", input), only("outcome", result)];
}

function textDetail(name: string, note: string, was: string, now: string): PageDetail {
	if (was.length + now.length > pageLimits.textBytes) {
		return {
			name,
			note: `${formatBytes(was.length)} and ${formatBytes(now.length)}: too large to be shown`,
			hunks: [],
			leftOut: 0,
		};
	}
	return { name, note, ...boundHunks(textHunks(was, now)) };
}

function boundHunks(hunks: readonly TextHunk[]): Pick<PageDetail, "hunks" | "leftOut"> {
	let left: number = pageLimits.linesOfDetail;
	let leftOut = 0;
	const bounded = hunks.flatMap((hunk) => {
		const lines = hunk.lines.slice(0, left).map(({ kind, text }) => ({ kind, text: cutLine(text) }));
		left -= lines.length;
		leftOut += hunk.lines.length - lines.length;
		return lines.length === 0 ? [] : [{ ...hunk, lines }];
	});
	return { hunks: bounded, leftOut };
}

function cutLine(text: string): string {
	const more = text.length - pageLimits.lineCharacters;
	return more <= 0 ? text : `${text.slice(0, pageLimits.lineCharacters)} … ${more} more characters`;
}

function valueText(value: CanonicalValue): string {
	const json = jsonValue(value);
	return typeof json === "string" ? json : JSON.stringify(json, null, 2);
}

function treeOf(paths: readonly TreePathDifference[], store: Store): PageTree {
	const shown = paths.slice(0, pageLimits.treePaths).map(({ path, a, b, when }): PageDetail => {
		const whenWords = when === "before" ? "differed before" : "differs by this call";
		const [was, now] = [textOfNode(a, store), textOfNode(b, store)];
		if (was === null || now === null) {
			return { name: path, note: `${whenWords}: a ${nodeWords(a)}, b ${nodeWords(b)}`, hunks: [], leftOut: 0 };
		}
		return textDetail(path, `${whenWords}: a ${nodeWords(a)}, b ${nodeWords(b)}`, was, now);
	});
	return { paths: shown, leftOut: paths.length - shown.length };
}

/** Returns what can be compared by lines; null for what is no text, or too large. */
function textOfNode(node: TreeNode | null, store: Store): string | null {
	if (node === null || node.kind === "directory") return "";
	if (node.kind === "symlink") return `-> ${node.target}`;
	if (node.size > pageLimits.textBytes || !store.blobs.has(node.content)) return null;
	const bytes = store.blobs.read(node.content);
	return bytes.includes(0) ? null : textOfBytes(bytes);
}

function nodeWords(node: TreeNode | null): string {
	if (node === null) return "nothing";
	return node.kind === "file" ? `${formatBytes(node.size)}, mode ${node.mode.toString(8)}` : node.kind;
}
