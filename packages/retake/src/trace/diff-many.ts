import { addressKey, type TraceCall, type TraceDiff, type TraceDiffRow } from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import type { z } from "zod";
import type { diffManyDocument } from "../json/diff-many-document.ts";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { layOutTable } from "../terminal/table.ts";
import type { Face } from "../verb.ts";
import { inputLine } from "./describe-call.ts";
import { rowKinds } from "./diff-to-json.ts";

/** Several runs, each compared with the first. */
export interface ManyDiffs {
	readonly first: RunRecord;
	readonly calls: readonly TraceCall[];
	readonly others: readonly { readonly run: RunRecord; readonly diff: TraceDiff }[];
	/** Whether calls that are the same in all runs are shown too. */
	readonly all: boolean;
}

/** Signs of the classes in a table, explained below it. */
const signs: Readonly<Record<TraceDiffRow["kind"], string>> = {
	same: "=",
	"result-changed": "~",
	"input-changed": "≠",
	moved: "↕",
	inserted: "+",
	deleted: "−",
};

interface ManyRow {
	readonly call: TraceCall;
	readonly kinds: readonly TraceDiffRow["kind"][];
	readonly isFirst: readonly boolean[];
}

/** Lays the comparisons side by side: a row for each call of the first run. */
function manyRows({ calls, others, all }: ManyDiffs): ManyRow[] {
	const places = others.map(({ diff }) => {
		const first = diff.firstDivergence;
		const rows = diff.rows.map((row, index) => [row, index === first?.row] as const);
		return new Map(
			rows.flatMap(([row, isFirst]) => (row.a === null ? [] : [[row.a, { kind: row.kind, isFirst }] as const])),
		);
	});
	return calls.flatMap((call) => {
		const cells = places.map((place) => place.get(call) ?? { kind: "deleted" as const, isFirst: false });
		if (!all && cells.every(({ kind }) => kind === "same")) return [];
		return [{ call, kinds: cells.map(({ kind }) => kind), isFirst: cells.map(({ isFirst }) => isFirst) }];
	});
}

/** Writes the comparisons as a table of calls by runs, then where each run parts from the first. */
export function manyLines(many: ManyDiffs, { columns, paint }: Face): string[] {
	const { first, others } = many;
	const letterOf = (index: number): string => String.fromCharCode("b".charCodeAt(0) + index);
	const runLine = (letter: string, { runId, title, verdict }: RunRecord): string =>
		cutText(`${letter}  ${runId}  ${escapeText(title)} (${escapeText(verdict ?? "cut off")})`, columns);
	const rows = manyRows(many);
	const cells = rows.map(({ call, kinds, isFirst }) => [
		addressKey(call.address),
		escapeText(call.identity.tool),
		escapeText(inputLine(call.input)),
		...kinds.map((kind, index) => `${signs[kind]}${isFirst[index] === true ? "!" : ""}`),
	]);
	const titles = [{ title: "a" }, { title: "tool" }, { title: "input", gives: true }];
	const table = layOutTable(
		[...titles, ...others.map((_, index) => ({ title: letterOf(index), least: 2 }))],
		cells,
		columns,
	);
	return [
		runLine("a", first),
		...others.map(({ run }, index) => runLine(letterOf(index), run)),
		"",
		...(rows.length === 0
			? []
			: [...table, "", paint.dim("= same  ~ result changed  ≠ input changed  ↕ moved  − not made  ! parts here")]),
		...others.map(({ diff }, index) => divergenceLine(letterOf(index), diff, columns)),
	];
}

function divergenceLine(letter: string, { firstDivergence, counts }: TraceDiff, columns: number): string {
	if (firstDivergence === null) return `${letter}  is the same`;
	const more = counts.inserted === 0 ? "" : `; ${counts.inserted} calls that a does not have`;
	const { address, kind, cause } = firstDivergence;
	return cutText(
		`${letter}  parts at ${addressKey(address)} (${kind.replace("-", " ")}), by the ${cause}${more}`,
		columns,
	);
}

/** Turns the comparisons into the document that `retake diff --json` prints for three runs or more. */
export function manyToJson(many: ManyDiffs): z.input<typeof diffManyDocument> {
	return {
		first: many.first.runId,
		others: many.others.map(({ run, diff: { counts, firstDivergence: first } }) => ({
			runId: run.runId,
			counts: { ...counts },
			firstDivergence:
				first === null ? null : { address: addressKey(first.address), cause: first.cause, kind: rowKinds[first.kind] },
		})),
		calls: manyRows(many).map(({ call, kinds }) => ({
			address: addressKey(call.address),
			tool: call.identity.tool,
			in: kinds.map((kind) => rowKinds[kind]),
		})),
	};
}
