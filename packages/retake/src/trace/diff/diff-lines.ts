import type { CanonicalValue } from "@retake/changeset";
import { addressKey, type PointerDifference, type TraceCall, type TraceDiffRow } from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import { nextCommand } from "../../flags/next-command.ts";
import { escapeText } from "../../terminal/escape-text.ts";
import { cutText } from "../../terminal/fit-text.ts";
import { formatCount } from "../../terminal/format.ts";
import { layOutTable, type TableColumn } from "../../terminal/table.ts";
import type { Face } from "../../verb.ts";
import { inputLine, outcomeWords } from "../describe-call.ts";
import { jsonValue } from "../json-value.ts";
import { causeWords, classWords } from "./class-words.ts";
import { type ShownDiff, shownRows } from "./diff-to-json.ts";
import { firstDifferingLine } from "./differing-line.ts";
import { explainToPeople } from "./explained-row.ts";
import { showDifference } from "./hunk-sides.ts";
import { nodeWords, whenWords } from "./tree-details.ts";
import type { TreeDifference } from "./tree-difference.ts";

const differencesShown = 8;

const diffColumns: readonly TableColumn[] = [
	{ title: "class" },
	{ title: "a" },
	{ title: "b" },
	{ title: "tool" },
	{ title: "input", gives: true },
	{ title: "outcome", gives: true },
];

/** Paths of the trees' difference that a terminal shows. */
export const treeShown = 20;

/** Writes a diff one row below the other: the rows that are not the same, the counts, and where and why the runs part ways. */
export function diffLines(shown: ShownDiff, { columns, paint }: Face): string[] {
	const { runs } = shown;
	const rows = shownRows(shown);
	return [
		cutText(`a  ${runWords(runs.a)}`, columns),
		cutText(`b  ${runWords(runs.b)}`, columns),
		"",
		...(rows.length === 0
			? []
			: [
					...layOutTable(diffColumns, rows.map(cellsOf), columns, (line, index) => paintRow(rows[index], line, paint)),
					"",
				]),
		...countLines(shown, paint),
		...firstDivergenceLines(shown, columns, paint, differencesOfFirst(shown, columns)),
	];
}

/** Ends a diff whose rows say already what they differ in: the counts, and where and why the runs part ways. */
export function endLines(shown: ShownDiff, columns: number, paint: Face["paint"]): string[] {
	return [...countLines(shown, paint), ...firstDivergenceLines(shown, columns, paint, [])];
}

function countLines({ diff }: ShownDiff, paint: Face["paint"]): string[] {
	const { same, resultChanged, inputChanged, moved, inserted, deleted } = diff.counts;
	return [
		`${same} same, ${resultChanged} result changed, ${inputChanged} input changed, ${moved} moved, ${inserted} inserted, ${deleted} deleted`,
		...(diff.hiddenDifferences === 0 ? [] : [paint.dim(hiddenWords(diff.hiddenDifferences))]),
	];
}

function hiddenWords(count: number): string {
	return `${formatCount(count, "difference")} left out of account: clock readings, counts of tokens and --ignore; --exact shows all`;
}

function runWords({ runId, title, verdict }: RunRecord): string {
	return `${runId}  ${escapeText(title)} (${escapeText(verdict ?? "cut off")})`;
}

function cellsOf(row: TraceDiffRow): readonly string[] {
	const call = row.a ?? row.b;
	return [
		classWords[row.kind],
		row.a === null ? "" : addressKey(row.a.address),
		row.b === null ? "" : addressKey(row.b.address),
		escapeText(call.identity.tool),
		escapeText(inputLine(call.input)),
		outcomesOf(row),
	];
}

function outcomesOf({ a, b }: TraceDiffRow): string {
	const of = (call: TraceCall | null): string => (call === null ? "" : escapeText(outcomeWords(call).words));
	return a !== null && b !== null && of(a) !== of(b) ? `${of(a)} → ${of(b)}` : of(a ?? b);
}

function paintRow(row: TraceDiffRow | undefined, line: string, paint: Face["paint"]): string {
	if (row === undefined || row.kind === "same") return paint.dim(line);
	if (row.kind === "inserted") return paint.green(line);
	return row.kind === "deleted" ? paint.red(line) : paint.yellow(line);
}

function firstDivergenceLines(
	{ runs, diff, flags }: ShownDiff,
	columns: number,
	paint: Face["paint"],
	differences: readonly string[],
): string[] {
	const first = diff.firstDivergence;
	const row = first === null ? undefined : diff.rows[first.row];
	if (first === null || row === undefined) return [paint.green("the runs are the same")];
	return [
		paint.red(`first divergence at call ${addressKey(first.address)} (${classWords[first.kind]})`),
		cutText(`  cause: ${causeWords[first.cause]}`, columns),
		...differences,
		`  ${nextCommand(flags, "show", (row.a === null ? runs.b : runs.a).runId, addressKey(first.address))}`,
	];
}

function differencesOfFirst(shown: ShownDiff, columns: number): string[] {
	const { diff, tree } = shown;
	const row = diff.firstDivergence === null ? undefined : diff.rows[diff.firstDivergence.row];
	if (row === undefined) return [];
	const { differences } = explainToPeople(row, shown);
	const more = differences.length - differencesShown;
	return [
		...differences.slice(0, differencesShown).flatMap((each) => differenceLines(each, columns)),
		...(more > 0 ? [`  … and ${formatCount(more, "more difference")}`] : []),
		...(tree === null ? [] : treeLines(tree, columns)),
	];
}

/** Lists the paths in which the trees differ once the runs have parted. */
function treeLines({ paths }: TreeDifference, columns: number): string[] {
	if (paths.length === 0) return [];
	const more = paths.length - treeShown;
	return [
		"  files where the runs part ways:",
		...paths
			.slice(0, treeShown)
			.map(({ path, a, b, when }) =>
				cutText(`    ${escapeText(path)}: a ${nodeWords(a)}, b ${nodeWords(b)} (${whenWords[when]})`, columns),
			),
		...(more > 0 ? [`    … and ${formatCount(more, "more path")}`] : []),
	];
}

function differenceLines(difference: PointerDifference, columns: number): string[] {
	const was = difference.kind === "added" ? null : valueText(difference.was);
	const now = difference.kind === "removed" ? null : valueText(difference.now);
	const differing = was === null || now === null ? null : firstDifferingLine(was, now);
	const [a, b] = [differing?.a ?? was, differing?.b ?? now].map((text) => (text === null ? null : escapeText(text)));
	const both = a !== null && a !== undefined && b !== null && b !== undefined;
	const [left, right] = both ? showDifference(a, b, columns - "    a ".length) : [a ?? null, b ?? null];
	return [
		`  ${escapeText(difference.pointer)}${differing === null ? "" : `, line ${differing.line}`}`,
		...(left === null ? [] : [cutText(`    a ${left}`, columns)]),
		...(right === null ? [] : [cutText(`    b ${right}`, columns)]),
	];
}

function valueText(value: CanonicalValue): string {
	const json = jsonValue(value);
	return typeof json === "string" ? json : JSON.stringify(json);
}
