import { addressKey, type TraceDiff } from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import type { z } from "zod";
import type { diffManyDocument } from "../../json/diff-many-document.ts";
import { escapeText } from "../../terminal/escape-text.ts";
import { cutText } from "../../terminal/fit-text.ts";
import { layOutTable } from "../../terminal/table.ts";
import type { Face } from "../../verb.ts";
import { inputLine } from "../describe-call.ts";
import { classWords, rowSigns } from "./class-words.ts";
import { rowKinds } from "./diff-to-json.ts";
import { isSameInAll, type ManyDiffs, type ManyRow, manyRows, runLetter } from "./many-rows.ts";

function shownRows(many: ManyDiffs, all: boolean): readonly ManyRow[] {
	const rows = manyRows(many);
	return all ? rows : rows.filter((row) => !isSameInAll(row));
}

/** Writes the comparisons as a table of calls by runs, then where each run parts from the first. */
export function manyLines(many: ManyDiffs, all: boolean, { columns, paint }: Face): string[] {
	const { first, others } = many;
	const runLine = (letter: string, { runId, title, verdict }: RunRecord): string =>
		cutText(`${letter}  ${runId}  ${escapeText(title)} (${escapeText(verdict ?? "cut off")})`, columns);
	const rows = shownRows(many, all);
	const cells = rows.map(({ call, isOfFirst, cells: inOthers }) => [
		isOfFirst ? addressKey(call.address) : "",
		escapeText(call.identity.tool),
		escapeText(inputLine(call.input)),
		...inOthers.map((cell) => (cell === null ? "" : `${rowSigns[cell.row.kind]}${cell.isFirstDivergence ? "!" : ""}`)),
	]);
	const titles = [{ title: "a" }, { title: "tool" }, { title: "input", gives: true }];
	const table = layOutTable(
		[...titles, ...others.map((_, index) => ({ title: runLetter(index + 1), least: 2 }))],
		cells,
		columns,
	);
	const legend = "= same  ~ result changed  ≠ input changed  ↕ moved  − not made  + made by it alone  ! parts here";
	return [
		runLine("a", first),
		...others.map(({ run }, index) => runLine(runLetter(index + 1), run)),
		"",
		...(rows.length === 0 ? [] : [...table, "", paint.dim(cutText(legend, columns))]),
		...others.map(({ diff }, index) => divergenceLine(runLetter(index + 1), diff, columns)),
	];
}

function divergenceLine(letter: string, { firstDivergence, counts }: TraceDiff, columns: number): string {
	if (firstDivergence === null) return `${letter}  is the same`;
	const more = counts.inserted === 0 ? "" : `; ${counts.inserted} calls that a does not have`;
	const { address, kind, cause } = firstDivergence;
	return cutText(`${letter}  parts at ${addressKey(address)} (${classWords[kind]}), by the ${cause}${more}`, columns);
}

/** Turns the comparisons into the document that `retake diff --json` prints for three runs or more. */
export function manyToJson(many: ManyDiffs, all: boolean): z.input<typeof diffManyDocument> {
	return {
		first: many.first.runId,
		others: many.others.map(({ run, diff: { counts, firstDivergence: first } }) => ({
			runId: run.runId,
			counts: { ...counts },
			firstDivergence:
				first === null ? null : { address: addressKey(first.address), cause: first.cause, kind: rowKinds[first.kind] },
		})),
		calls: shownRows(many, all).map(({ call, isOfFirst, cells }) => ({
			address: isOfFirst ? addressKey(call.address) : null,
			tool: call.identity.tool,
			in: cells.map((cell) => (cell === null ? null : rowKinds[cell.row.kind])),
		})),
	};
}
