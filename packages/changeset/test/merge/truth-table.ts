import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
	type Blobs,
	type Changeset,
	createChangeset,
	type MergeConflictKind,
	type TreeNode,
	type TreePath,
	treePath,
} from "@retake/changeset";
import { file } from "../model/model-tree.ts";

/** One row of the tables of docs/merging.md, read. */
export interface TruthRow {
	readonly text: string;
	readonly ours: Changeset;
	readonly theirs: Changeset;
	readonly merged: Changeset;
	readonly conflicts: readonly (readonly [path: TreePath, kind: MergeConflictKind])[];
}

type Cell = ReadonlyMap<TreePath, string>;

/** Reads every row of every table whose columns are base, ours, theirs and result. */
export function readTruthTables(blobs: Blobs): TruthRow[] {
	const page = readFileSync(join(import.meta.dirname, "../../../../docs/merging.md"), "utf8");
	const rows: TruthRow[] = [];
	let isTruth = false;
	for (const line of page.split("\n")) {
		if (!line.startsWith("|")) isTruth = false;
		else if (line === "| base | ours | theirs | result |") isTruth = true;
		else if (isTruth && !line.startsWith("| ---")) rows.push(readRow(line, blobs));
	}
	return rows;
}

function readRow(text: string, blobs: Blobs): TruthRow {
	const cells = text.split("|").map((cell) => cell.trim().replace(/^`|`$/g, ""));
	if (cells.length !== 6) throw new Error(`a row has four cells: ${text}`);
	const [base, ours, theirs, result] = cells.slice(1, 5).map(readCell) as [Cell, Cell, Cell, Cell];
	const nodeAt = (cell: Cell, path: TreePath): TreeNode | null => {
		const spelt = cell.get(path) ?? base.get(path) ?? "–";
		return readNode(spelt, blobs);
	};
	const changesIn = (cell: Cell): Changeset =>
		createChangeset(
			[...cell]
				.filter(([, spelt]) => !spelt.startsWith("conflict "))
				.map(([path]) => ({ path, was: nodeAt(base, path), now: nodeAt(cell, path) })),
		);
	return {
		text,
		ours: changesIn(ours),
		theirs: changesIn(theirs),
		merged: changesIn(result),
		conflicts: [...result].flatMap(([path, spelt]) =>
			spelt.startsWith("conflict ") ? [[path, spelt.slice("conflict ".length) as MergeConflictKind] as const] : [],
		),
	};
}

/** A cell without a path is about the path `x`. */
function readCell(cell: string): Cell {
	if (cell === "–") return new Map([[treePath("x"), "–"]]);
	return new Map(
		cell.split("; ").map((part) => {
			const colon = part.indexOf(": ");
			return colon === -1 ? [treePath("x"), part] : [treePath(part.slice(0, colon)), part.slice(colon + 2)];
		}),
	);
}

const edits: Readonly<Record<string, readonly [line: number, text: string]>> = {
	top: [0, "one"],
	top2: [0, "uno"],
	next: [1, "two"],
	end: [6, "seven"],
};

function readNode(spelt: string, blobs: Blobs): TreeNode | null {
	if (spelt === "–") return null;
	const [name = "", word] = spelt.split(" ");
	if (name === "link") return { kind: "symlink", target: word ?? "" };
	const mode = word === undefined ? undefined : Number.parseInt(word, 8);
	if (name === "dir") return { kind: "directory", mode: mode ?? 0o755 };
	if (name === "E") return file(blobs, "", mode);
	if (/^B\d?$/.test(name)) return file(blobs, Buffer.from(`\0${name}`), mode);
	const [letter, ...edited] = name.split("+");
	if (letter !== "T") throw new Error(`the table has no ${spelt}`);
	const lines = ["1", "2", "3", "4", "5", "6", "7"];
	for (const edit of edited) {
		const [index, text] = edits[edit] ?? [];
		if (index === undefined || text === undefined) throw new Error(`the table has no ${spelt}`);
		lines[index] = text;
	}
	return file(blobs, `${lines.join("\n")}\n`, mode);
}
