import { addressKey, type TraceCall, type TraceDiffRow } from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import stringWidth from "string-width";
import { escapeText } from "../../terminal/escape-text.ts";
import { cutText, fitText } from "../../terminal/fit-text.ts";
import { formatCount } from "../../terminal/format.ts";
import { type PaintedSide, type TwoColumns, twoColumns } from "../../terminal/two-columns.ts";
import type { Face } from "../../verb.ts";
import { inputLine, outcomeWords } from "../describe-call.ts";
import { classWords, rowSigns } from "./class-words.ts";
import { endLines, treeShown } from "./diff-lines.ts";
import type { ShownDiff } from "./diff-to-json.ts";
import { foldRows } from "./fold-rows.ts";
import { hunkSides, type SideLine, showDifference } from "./hunk-sides.ts";
import { type RowDetail, rowDetails } from "./row-details.ts";
import { treeDetail } from "./tree-details.ts";

/** What the terminal shows of one row's differences; the first divergence has more. */
const rowLimits = { detailsOfRow: 4, linesOfDetail: 8, lineCharacters: 2_000, textBytes: 1024 ** 2 };
const divergenceLimits = { ...rowLimits, detailsOfRow: 12, linesOfDetail: 40 };

/** Rows that show what they differ in; further ones only say that they do. */
const detailedRowsMax = 100;

interface View extends Pick<Face, "columns" | "paint"> {
	readonly two: TwoColumns;
	readonly addressWidth: number;
	readonly toolWidth: number;
}

/** Writes a diff in two columns, a on the left and b on the right: a row for each call, what is the same folded, what differs line by line. */
export function sideBySideLines(shown: ShownDiff, { columns, paint }: Face): string[] {
	const { runs, diff, all } = shown;
	const groups = all ? diff.rows.map((row) => [row]) : foldRows(diff.rows);
	const shownCalls = groups.flatMap(([row, ...more]) => (more.length > 0 ? [] : [row?.a, row?.b]));
	const widest = (least: number, most: number, words: (call: TraceCall) => string): number =>
		shownCalls.reduce((width, call) => Math.max(width, call ? stringWidth(words(call).slice(0, most)) : 0), least);
	const view: View = {
		columns,
		paint,
		two: twoColumns(columns),
		addressWidth: widest(3, 10, (call) => addressKey(call.address)),
		toolWidth: widest(4, 12, (call) => escapeText(call.identity.tool)),
	};
	const first = diff.firstDivergence === null ? undefined : diff.rows[diff.firstDivergence.row];
	let detailed = 0;
	const rows = groups.flatMap((group) => {
		const [row] = group;
		if (row === undefined) return [];
		if (group.length > 1) return [foldLine(group, view)];
		if (row.kind === "same") return [callLine(row, view)];
		const details =
			detailed++ < detailedRowsMax || row === first
				? rowDetailsInTerminal(row, shown, row === first ? divergenceLimits : rowLimits)
				: [];
		return [
			...(row === first ? [rule("first divergence", view)] : []),
			callLine(row, view),
			...details.flatMap((each) => detailLines(each, view)),
		];
	});
	return [
		...headLines(runs, view),
		...rows,
		rule("", view),
		paint.dim(cutText(legend(diff.rows), columns)),
		...(diff.firstDivergence === null ? [] : treeLinesOf(shown, view)),
		...endLines(shown, columns, paint),
	];
}

/** Explains the signs that there are. */
function legend(rows: readonly TraceDiffRow[]): string {
	return [...new Set(rows.map(({ kind }) => kind))].map((kind) => `${rowSigns[kind]} ${classWords[kind]}`).join("  ");
}

/** A call that one run alone made stands in its column; `retake show` has the rest of it. */
function rowDetailsInTerminal(row: TraceDiffRow, shown: ShownDiff, limits: typeof rowLimits): RowDetail[] {
	return row.kind === "inserted" || row.kind === "deleted" ? [] : rowDetails(row, shown, limits);
}

function headLines({ a, b }: ShownDiff["runs"], { two, paint }: View): string[] {
	const words = ({ title, verdict }: RunRecord): string => `${escapeText(title)} (${escapeText(verdict ?? "cut off")})`;
	const bold = (text: string): PaintedSide => ({ text, paint: paint.bold });
	const empty = "─".repeat(two.width);
	return [
		two.paintedLine("", bold(`a  ${a.runId}`), bold(`b  ${b.runId}`)),
		two.line("", `   ${words(a)}`, `   ${words(b)}`),
		`──${empty}─┼─${empty}`,
	];
}

function foldLine(group: readonly TraceDiffRow[], { columns, paint }: View): string {
	const addressOf = (row: TraceDiffRow | undefined): string =>
		row === undefined ? "" : addressKey((row.a ?? row.b).address);
	const stretch = `${addressOf(group[0])} to ${addressOf(group.at(-1))}`;
	return paint.dim(cutText(`= ${formatCount(group.length, "call")} that are the same, ${stretch}`, columns));
}

/** Writes a line across both columns, with words in it. */
function rule(words: string, { columns, two, paint }: View): string {
	if (words === "") return `──${"─".repeat(two.width)}─┴─${"─".repeat(two.width)}`;
	const text = cutText(`── ${words} `, columns);
	return paint.bold(text + "─".repeat(Math.max(0, 2 + 2 * two.width + 3 - stringWidth(text))));
}

function callLine(row: TraceDiffRow, view: View): string {
	const { two, paint } = view;
	const colour = { same: paint.dim, inserted: paint.green, deleted: paint.red }[row.kind as string] ?? paint.yellow;
	const [a, b] = callTexts(row, view);
	return two.paintedLine(rowSigns[row.kind], { text: a, paint: colour }, { text: b, paint: colour }).trimEnd();
}

function callTexts({ a, b }: TraceDiffRow, view: View): readonly [string, string] {
	const [left, right] = [a === null ? null : callWords(a, view), b === null ? null : callWords(b, view)];
	const room = Math.min(left?.room ?? view.two.width, right?.room ?? view.two.width);
	const inputs = showDifference(left?.input ?? "", right?.input ?? "", room);
	const text = (words: CallWords | null, input: string): string =>
		words === null ? "" : `${words.head}${words.room < 6 ? "" : `${fitText(input, words.room)} `}${words.outcome}`;
	return [text(left, inputs[0]), text(right, inputs[1])];
}

interface CallWords {
	readonly head: string;
	readonly input: string;
	/** Columns that are left for the input. */
	readonly room: number;
	readonly outcome: string;
}

function callWords(call: TraceCall, { two, addressWidth, toolWidth }: View): CallWords {
	const outcome = cutText(escapeText(outcomeWords(call).words), 14);
	const head = `${fitText(addressKey(call.address), addressWidth)} ${fitText(escapeText(call.identity.tool), toolWidth)} `;
	const room = two.width - stringWidth(head) - stringWidth(outcome) - 1;
	return { head, input: escapeText(inputLine(call.input)), room, outcome };
}

function detailLines({ name, note, hunks, leftOut }: RowDetail, view: View): string[] {
	const { columns, paint } = view;
	const title = `    ${escapeText(name)}${note === "" ? "" : `  ${escapeText(note)}`}`;
	return [
		paint.bold(cutText(title, columns)),
		...hunks.flatMap((hunk, index) => [
			...(index === 0 ? [] : [paint.dim("    ⋮")]),
			...hunkSides(hunk).map(({ a, b }) => textLine(a, b, view)),
		]),
		...(leftOut === 0 ? [] : [paint.dim(`    … ${formatCount(leftOut, "more line")}`)]),
	];
}

function textLine(a: SideLine | null, b: SideLine | null, { two, paint }: View): string {
	const room = two.width - 7;
	const [left, right] =
		a !== null && b !== null
			? showDifference(escapeText(a.text), escapeText(b.text), room)
			: [escapeText(a?.text ?? ""), escapeText(b?.text ?? "")];
	const side = (line: SideLine | null, text: string, sign: string, colour: (text: string) => string): PaintedSide => ({
		text: line === null ? "" : `${String(line.number).padStart(4)} ${line.differs ? sign : " "} ${text}`,
		paint: line?.differs === true ? colour : paint.dim,
	});
	return two.paintedLine("", side(a, left, "-", paint.red), side(b, right, "+", paint.green)).trimEnd();
}

/** Writes the files in which the trees differ where the runs part ways, with the lines in which they do. */
function treeLinesOf(shown: ShownDiff, view: View): string[] {
	const { paths } = shown.tree ?? { paths: [] };
	if (paths.length === 0) return [];
	const { columns, paint } = view;
	const details = paths.slice(0, treeShown).map((each) => treeDetail(each, shown.store, rowLimits));
	return [
		paint.bold("files where the runs part ways"),
		...details.flatMap((each) => detailLines(each, view)),
		...(paths.length > treeShown
			? [cutText(`    … ${formatCount(paths.length - treeShown, "more path")}`, columns)]
			: []),
		"",
	];
}
