import {
	addressKey,
	explainRow,
	type IgnoreRule,
	type PointerDifference,
	type TraceDiff,
	type TraceDiffRow,
} from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import type { z } from "zod";
import type { WorkspaceFlags } from "../../flags/workspace-flags.ts";
import type { diffDocument } from "../../json/diff-document.ts";
import { jsonValue } from "../json-value.ts";
import type { TreeDifference } from "./tree-difference.ts";

/** A diff with all that is needed to show it. */
export interface ShownDiff {
	readonly runs: { readonly a: RunRecord; readonly b: RunRecord };
	readonly diff: TraceDiff;
	/** How the trees differ where the runs part ways; null where they do not part. */
	readonly tree: TreeDifference | null;
	/** Whether calls that are the same are shown too. */
	readonly all: boolean;
	readonly ignore: readonly IgnoreRule[];
	readonly store: Store;
	readonly flags: WorkspaceFlags;
}

type DiffDocument = z.input<typeof diffDocument>;
type TreeDocument = NonNullable<NonNullable<DiffDocument["firstDivergence"]>["tree"]>;
type RowKind = DiffDocument["calls"][number]["kind"];

/** Names of the classes in JSON. */
export const rowKinds: Readonly<Record<TraceDiffRow["kind"], RowKind>> = {
	same: "same",
	"result-changed": "resultChanged",
	"input-changed": "inputChanged",
	moved: "moved",
	inserted: "inserted",
	deleted: "deleted",
};

/** Chooses the rows that are shown. */
export function shownRows({ diff, all }: ShownDiff): readonly TraceDiffRow[] {
	return all ? diff.rows : diff.rows.filter((row) => row.kind !== "same");
}

/** Lists what the two calls of a row differ in; nothing where there are not two. */
function rowDifferences(row: TraceDiffRow, { store, ignore }: ShownDiff): readonly PointerDifference[] {
	if (row.kind === "inserted" || row.kind === "deleted" || row.kind === "same") return [];
	return explainRow(row, { ignore, readChangeset: (id) => store.changesets.read(id) }).differences;
}

/** Turns a diff into the document that `retake diff --json` prints. */
export function diffToJson(shown: ShownDiff): DiffDocument {
	const { runs, diff } = shown;
	const first = diff.firstDivergence;
	const firstRow = first === null ? undefined : diff.rows[first.row];
	return {
		a: runs.a.runId,
		b: runs.b.runId,
		rows: { ...diff.counts },
		hiddenDifferences: diff.hiddenDifferences,
		firstDivergence:
			first === null
				? null
				: {
						address: addressKey(first.address),
						cause: first.cause,
						kind: differingKind(first.kind),
						tool: (firstRow?.a ?? firstRow?.b)?.identity.tool ?? "",
						tree: shown.tree === null ? null : treeToJson(shown.tree),
					},
		calls: shownRows(shown).map((row) => ({
			kind: rowKinds[row.kind],
			tool: (row.a ?? row.b).identity.tool,
			a: row.a === null ? null : addressKey(row.a.address),
			b: row.b === null ? null : addressKey(row.b.address),
			differences: rowDifferences(row, shown).map(differenceToJson),
		})),
	};
}

function treeToJson({ sameBase, paths }: TreeDifference): TreeDocument {
	return { sameBase, paths: paths.map(({ path, a, b, when }) => ({ path, a, b, when: treeWhen[when] })) };
}

const treeWhen = { before: "before", "by the call": "byTheCall" } as const;

function differingKind(kind: Exclude<TraceDiffRow["kind"], "same">): Exclude<RowKind, "same"> {
	return rowKinds[kind] as Exclude<RowKind, "same">;
}

function differenceToJson(difference: PointerDifference): DiffDocument["calls"][number]["differences"][number] {
	return {
		pointer: difference.pointer,
		a: difference.kind === "added" ? null : jsonValue(difference.was),
		b: difference.kind === "removed" ? null : jsonValue(difference.now),
	};
}
