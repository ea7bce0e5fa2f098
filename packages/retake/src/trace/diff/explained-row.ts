import type { TreePath } from "@retake/changeset";
import { explainRow, type PointerDifference, pointerDifferences, type TraceDiffRow } from "@retake/recorder";
import { readableInput } from "../readable-input.ts";
import type { ShownDiff } from "./diff-to-json.ts";

/** What the two calls of a row differ in, for people. */
export interface ExplainedRow {
	readonly differences: readonly PointerDifference[];
	/** Paths that the two calls changed differently. */
	readonly paths: readonly TreePath[];
}

/** Explains a row to people: inputs are compared as the text that they spell, changed files are named instead of hashed. */
export function explainToPeople(
	row: TraceDiffRow,
	{ store, ignore }: Pick<ShownDiff, "store" | "ignore">,
): ExplainedRow {
	if (row.kind === "inserted" || row.kind === "deleted") return { differences: [], paths: [] };
	const { differences, files } = explainRow(row, { ignore, readChangeset: (id) => store.changesets.read(id) });
	const inputsDiffer = differences.some(({ pointer }) => isBelow(pointer, "/input"));
	const inputs = pointerDifferences(readableInput(row.a.input), readableInput(row.b.input));
	return {
		differences: [
			...(inputsDiffer ? inputs.map((each) => ({ ...each, pointer: `/input${each.pointer}` })) : []),
			...differences.filter(({ pointer }) => !isBelow(pointer, "/input") && pointer !== "/changes"),
		],
		paths: files.map((file) => file.path),
	};
}

function isBelow(pointer: string, parent: string): boolean {
	return pointer === parent || pointer.startsWith(`${parent}/`);
}
