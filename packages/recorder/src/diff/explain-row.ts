import type { ChangesetId } from "@retake/base";
import type { CanonicalValue, Change, Changeset, TreePath } from "@retake/changeset";
import { type PointerDifference, pointerDifferences } from "../trace/pointer-differences.ts";
import { valuesEqual } from "../trace/values-equal.ts";
import { callDocument } from "./call-document.ts";
import { diffLimits } from "./diff-limits.ts";
import { compileIgnoreRules, type IgnoreRule } from "./ignore-rule.ts";
import { type TextHunk, textHunks } from "./text-hunks.ts";
import type { PairedRow } from "./trace-diff.ts";

/** A text that differs between two calls, line by line. */
export interface TextDifference {
	/** Where the text stands in the call: `/result/stdout`, `/output/stderr`. */
	readonly pointer: string;
	readonly hunks: readonly TextHunk[];
}

/** A path that two calls changed differently; null where a call left it alone. */
export interface FileDifference {
	readonly path: TreePath;
	readonly a: Change | null;
	readonly b: Change | null;
}

/** What the two calls of a row differ in. */
export interface RowExplanation {
	/** Every difference that no rule hides, by JSON pointer into the call's document; once where a result repeats what the call wrote to a stream. */
	readonly differences: readonly PointerDifference[];
	/** Those of them that are texts of more than one line. */
	readonly texts: readonly TextDifference[];
	/** How the files that the calls changed differ. */
	readonly files: readonly FileDifference[];
	/** Differences that ignore rules hide. */
	readonly hiddenDifferences: number;
}

/** What an explanation needs beside the row. */
export interface ExplainOptions {
	readonly ignore?: readonly IgnoreRule[];
	/** Reads a changeset from the run's store. */
	readonly readChangeset: (id: ChangesetId) => Changeset;
}

/** Explains a row that pairs two calls: values by JSON pointer, texts by line, files by path. */
export function explainRow({ a, b }: PairedRow, { ignore = [], readChangeset }: ExplainOptions): RowExplanation {
	const rules = compileIgnoreRules(ignore)(a.identity.tool);
	const all = pointerDifferences(callDocument(a), callDocument(b));
	const shown = all.filter((difference) => !rules.matches(difference.pointer));
	const differences = shown.filter((difference) => !isRepeated(difference, shown));
	const filesDiffer = differences.some((difference) => difference.pointer === "/changes");
	return {
		differences,
		texts: differences.flatMap((difference) => textDifference(difference) ?? []),
		files: filesDiffer ? fileDifferences(a.changesetId, b.changesetId, readChangeset) : [],
		hiddenDifferences: all.length - shown.length,
	};
}

/** Tells whether a difference of a stream stands in the result too, as the outputs of a command do. */
function isRepeated(difference: PointerDifference, all: readonly PointerDifference[]): boolean {
	if (difference.kind !== "changed" || !difference.pointer.startsWith("/output/")) return false;
	const { was, now } = difference;
	const twin = all.find(({ pointer }) => pointer === difference.pointer.replace("/output/", "/result/"));
	const [before, after] = [asText(was), asText(now)];
	return twin?.kind === "changed" && before !== null && asText(twin.was) === before && asText(twin.now) === after;
}

function asText(value: CanonicalValue): string | null {
	if (typeof value === "string") return value.length > diffLimits.textBytes ? null : value;
	if (!(value instanceof Uint8Array) || value.length > diffLimits.textBytes || value.includes(0)) return null;
	return new TextDecoder().decode(value);
}

function textDifference(difference: PointerDifference): TextDifference | null {
	const was = difference.kind === "added" ? "" : asText(difference.was);
	const now = difference.kind === "removed" ? "" : asText(difference.now);
	if (was === null || now === null || !(was.includes("\n") || now.includes("\n"))) return null;
	return { pointer: difference.pointer, hunks: textHunks(was, now) };
}

function fileDifferences(
	aId: ChangesetId | null,
	bId: ChangesetId | null,
	readChangeset: (id: ChangesetId) => Changeset,
): FileDifference[] {
	const changesOf = (id: ChangesetId | null): Map<TreePath, Change> =>
		new Map(id === null ? [] : readChangeset(id).changes.map((change) => [change.path, change]));
	const a = changesOf(aId);
	const b = changesOf(bId);
	return [...new Set([...a.keys(), ...b.keys()])].toSorted().flatMap((path) => {
		const left = a.get(path) ?? null;
		const right = b.get(path) ?? null;
		const equal = left !== null && right !== null && sameChange(left, right);
		return equal ? [] : [{ path, a: left, b: right }];
	});
}

function sameChange(a: Change, b: Change): boolean {
	const asValue = ({ was, now }: Change): CanonicalValue => ({
		was: was === null ? null : { ...was },
		now: now === null ? null : { ...now },
	});
	return valuesEqual(asValue(a), asValue(b));
}
