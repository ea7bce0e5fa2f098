import type { TraceDiffRow } from "@retake/recorder";

/** Gathers neighbours that are the same; one on each side of what is not stays by itself, so that it is seen in its place. */
export function foldRows(rows: readonly TraceDiffRow[]): (readonly TraceDiffRow[])[] {
	return foldWhere(rows, (row) => row.kind === "same");
}

/** Gathers neighbours of any sort that are the same, but for the one on each side of what is not. */
export function foldWhere<Row>(rows: readonly Row[], isSame: (row: Row) => boolean): (readonly Row[])[] {
	const groups: Row[][] = [];
	let folds = false;
	for (const [index, row] of rows.entries()) {
		const isFar = [index - 1, index, index + 1].every((at) => {
			const neighbour = rows[at];
			return neighbour === undefined || isSame(neighbour);
		});
		if (isFar && folds) groups.at(-1)?.push(row);
		else groups.push([row]);
		folds = isFar;
	}
	return groups;
}
