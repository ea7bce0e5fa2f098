import type { CanonicalValue } from "@retake/changeset";
import { type TextHunk, type TraceCall, type TraceDiffRow, textHunks } from "@retake/recorder";
import { formatBytes } from "../../terminal/format.ts";
import { outcomeWords } from "../describe-call.ts";
import { jsonValue } from "../json-value.ts";
import { pageLimits } from "../page-limits.ts";
import { readableInput } from "../readable-input.ts";
import type { ShownDiff } from "./diff-to-json.ts";
import { explainToPeople } from "./explained-row.ts";

/** What is shown of one value at most. */
export interface DetailLimits {
	/** Values shown for one row. */
	readonly detailsOfRow: number;
	/** Lines shown of one value. */
	readonly linesOfDetail: number;
	/** Characters shown of one line. */
	readonly lineCharacters: number;
	/** Bytes up to which a text is compared by lines. */
	readonly textBytes: number;
}

/** Something that the two calls of a row differ in, or that one of them has; texts are not escaped. */
export interface RowDetail {
	/** `input/argv/1`, `result/stdout`, a path. */
	readonly name: string;
	readonly note: string;
	readonly hunks: readonly TextHunk[];
	/** Lines that are left out because there are too many. */
	readonly leftOut: number;
}

/** Lists what the two calls of a row differ in, line by line; of a call that one run alone made, its input and outcome. */
export function rowDetails(
	row: TraceDiffRow,
	shown: Pick<ShownDiff, "store" | "ignore">,
	limits: DetailLimits,
): RowDetail[] {
	if (row.kind === "inserted" || row.kind === "deleted") return aloneDetails(row, limits);
	const { differences, paths } = explainToPeople(row, shown);
	const details = differences.slice(0, limits.detailsOfRow).map((each): RowDetail => {
		const was = each.kind === "added" ? "" : valueText(each.was);
		const now = each.kind === "removed" ? "" : valueText(each.now);
		return textDetail(
			{ name: each.pointer.slice(1), note: each.kind === "changed" ? "" : each.kind, was, now },
			limits,
		);
	});
	const files =
		paths.length === 0
			? []
			: [{ name: paths.slice(0, 20).join("  "), note: "changed differently", hunks: [], leftOut: 0 }];
	return [...files, ...details].slice(0, limits.detailsOfRow);
}

/** Shows what rows of a page differ in, as long as the page does not grow too large; counts those that have to go without. */
export class PageDetails {
	readonly #shown: Pick<ShownDiff, "store" | "ignore">;
	#rowsLeft: number = pageLimits.detailedRows;
	#bytesLeft: number = pageLimits.detailBytes;
	leftOut = 0;

	constructor(shown: Pick<ShownDiff, "store" | "ignore">) {
		this.#shown = shown;
	}

	of(row: TraceDiffRow): RowDetail[] {
		if (row.kind === "same") return [];
		if (this.#rowsLeft <= 0 || this.#bytesLeft <= 0) {
			this.leftOut++;
			return [];
		}
		const details = rowDetails(row, this.#shown, pageLimits);
		if (details.length > 0) this.#rowsLeft--;
		for (const { hunks } of details) {
			for (const { lines } of hunks)
				for (const { text } of lines) this.#bytesLeft -= text.length + pageLimits.lineMarkupBytes;
		}
		return details;
	}
}

function aloneDetails(row: TraceDiffRow, limits: DetailLimits): RowDetail[] {
	const call: TraceCall = row.a ?? row.b;
	const input = valueText(readableInput(call.input));
	const result = call.outcome.kind === "result" ? valueText(call.outcome.value) : outcomeWords(call).words;
	const only = (name: string, text: string): RowDetail =>
		textDetail({ name, note: "", ...(row.a === null ? { was: "", now: text } : { was: text, now: "" }) }, limits);
	return [only("input", input), only("outcome", result)];
}

/** Two texts that are compared under a name. */
export interface ComparedText {
	readonly name: string;
	readonly note: string;
	readonly was: string;
	readonly now: string;
}

/** Compares two texts line by line, within the limits; what is too large for that is told by its size. */
export function textDetail({ name, note, was, now }: ComparedText, limits: DetailLimits): RowDetail {
	if (was.length + now.length > limits.textBytes) {
		const sizes = `${formatBytes(was.length)} and ${formatBytes(now.length)}: too large to be shown`;
		return { name, note: sizes, hunks: [], leftOut: 0 };
	}
	return { name, note, ...boundHunks(textHunks(was, now), limits) };
}

function boundHunks(hunks: readonly TextHunk[], limits: DetailLimits): Pick<RowDetail, "hunks" | "leftOut"> {
	let left: number = limits.linesOfDetail;
	let leftOut = 0;
	const bounded = hunks.flatMap((hunk) => {
		const lines = hunk.lines.slice(0, left).map(({ kind, text }) => ({ kind, text: cutLine(text, limits) }));
		left -= lines.length;
		leftOut += hunk.lines.length - lines.length;
		return lines.length === 0 ? [] : [{ ...hunk, lines }];
	});
	return { hunks: bounded, leftOut };
}

function cutLine(text: string, { lineCharacters }: DetailLimits): string {
	const more = text.length - lineCharacters;
	return more <= 0 ? text : `${text.slice(0, lineCharacters)} … ${more} more characters`;
}

function valueText(value: CanonicalValue): string {
	const json = jsonValue(value);
	return typeof json === "string" ? json : JSON.stringify(json, null, 2);
}
