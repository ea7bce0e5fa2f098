import type { CanonicalValue } from "@retake/changeset";
import { addressKey, type PointerDifference, type TraceCall, type TraceDiffRow } from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import { nextCommand } from "../flags/next-command.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatCount } from "../terminal/format.ts";
import { layOutTable, type TableColumn } from "../terminal/table.ts";
import type { Face } from "../verb.ts";
import { inputLine, outcomeWords } from "./describe-call.ts";
import { type ShownDiff, shownRows } from "./diff-to-json.ts";
import { firstDifferingLine } from "./differing-line.ts";
import { explainToPeople } from "./explained-row.ts";
import { jsonValue } from "./json-value.ts";

const differencesShown = 8;

const diffColumns: readonly TableColumn[] = [
	{ title: "class" },
	{ title: "a" },
	{ title: "b" },
	{ title: "tool" },
	{ title: "input", gives: true },
	{ title: "outcome", gives: true },
];

const words: Readonly<Record<TraceDiffRow["kind"], string>> = {
	same: "same",
	"result-changed": "result changed",
	"input-changed": "input changed",
	moved: "moved",
	inserted: "inserted",
	deleted: "deleted",
};

const causes = {
	environment: "the environment: the same call gave another result",
	agent: "the agent: it made another call",
} as const;

/** Writes a diff: the rows that are not the same, the counts, and where and why the runs part ways. */
export function diffLines(shown: ShownDiff, { columns, paint }: Face): string[] {
	const { runs, diff } = shown;
	const rows = shownRows(shown);
	const { same, resultChanged, inputChanged, moved, inserted, deleted } = diff.counts;
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
		`${same} same, ${resultChanged} result changed, ${inputChanged} input changed, ${moved} moved, ${inserted} inserted, ${deleted} deleted`,
		...(diff.hiddenDifferences === 0 ? [] : [paint.dim(hiddenWords(diff.hiddenDifferences))]),
		...firstDivergenceLines(shown, columns, paint),
	];
}

function hiddenWords(count: number): string {
	return `${formatCount(count, "difference")} left out of account: clock readings and --ignore; --exact shows all`;
}

function runWords({ runId, title, verdict }: RunRecord): string {
	return `${runId}  ${escapeText(title)} (${escapeText(verdict ?? "cut off")})`;
}

function cellsOf(row: TraceDiffRow): readonly string[] {
	const call = row.a ?? row.b;
	return [
		words[row.kind],
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

function firstDivergenceLines(shown: ShownDiff, columns: number, paint: Face["paint"]): string[] {
	const { runs, diff, flags } = shown;
	const first = diff.firstDivergence;
	const row = first === null ? undefined : diff.rows[first.row];
	if (first === null || row === undefined) return [paint.green("the runs are the same")];
	const { differences, paths } = explainToPeople(row, shown);
	const more = differences.length - differencesShown;
	return [
		paint.red(`first divergence at call ${addressKey(first.address)} (${words[first.kind]})`),
		`  cause: ${causes[first.cause]}`,
		...differences.slice(0, differencesShown).flatMap((each) => differenceLines(each, columns)),
		...(paths.length === 0 ? [] : [cutText(`  changed differently: ${paths.map(escapeText).join(" ")}`, columns)]),
		...(more > 0 ? [`  … and ${formatCount(more, "more difference")}`] : []),
		`  ${nextCommand(flags, "show", (row.a === null ? runs.b : runs.a).runId, addressKey(first.address))}`,
	];
}

function differenceLines(difference: PointerDifference, columns: number): string[] {
	const was = difference.kind === "added" ? null : valueText(difference.was);
	const now = difference.kind === "removed" ? null : valueText(difference.now);
	const differing = was === null || now === null ? null : firstDifferingLine(was, now);
	const side = (sign: string, text: string): string => cutText(`    ${sign} ${escapeText(text)}`, columns);
	return [
		`  ${escapeText(difference.pointer)}${differing === null ? "" : `, line ${differing.line}`}`,
		...(was === null ? [] : [side("a", differing?.a ?? was)]),
		...(now === null ? [] : [side("b", differing?.b ?? now)]),
	];
}

function valueText(value: CanonicalValue): string {
	const json = jsonValue(value);
	return typeof json === "string" ? json : JSON.stringify(json);
}
