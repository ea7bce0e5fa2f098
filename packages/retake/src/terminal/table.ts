import stringWidth from "string-width";
import { fitText } from "./fit-text.ts";

/** One column of a table. */
export interface TableColumn {
	readonly title: string;
	readonly align?: "left" | "right";
	/** Whether the column gives way where the table is too wide. At least one column does. */
	readonly gives?: boolean;
	/** Width that the column has at least, so that a table that is drawn again stands still. */
	readonly least?: number;
}

const gap = "  ";
const narrowest = 8;

/** Measures a cell; one that is far too wide is not measured to its end. */
function widthOf(cell: string, width: number): number {
	return stringWidth(cell.length > 8 * width ? cell.slice(0, 8 * width) : cell);
}

/**
 * Lays out rows under their titles, at most `width` columns wide: columns that give are cut to what is left.
 * Cells hold no colour; `paintRow` adds it to a row that has its final width.
 */
export function layOutTable(
	columns: readonly TableColumn[],
	rows: readonly (readonly string[])[],
	width: number,
	paintRow: (line: string, index: number) => string = (line) => line,
): string[] {
	const widths = columns.map((column, index) =>
		rows.reduce(
			(widest, row) => Math.max(widest, widthOf(row[index] ?? "", width)),
			Math.max(column.least ?? 0, stringWidth(column.title)),
		),
	);
	let excess = widths.reduce((sum, each) => sum + each, 0) + gap.length * (columns.length - 1) - width;
	for (const [index, column] of columns.entries()) {
		if (column.gives !== true || excess <= 0) continue;
		const shrunk = Math.max(narrowest, (widths[index] ?? 0) - excess);
		excess -= (widths[index] ?? 0) - shrunk;
		widths[index] = shrunk;
	}
	const line = (cells: readonly string[]): string =>
		columns
			.map((column, index) => fitText(cells[index] ?? "", widths[index] ?? 0, column.align))
			.join(gap)
			.trimEnd();
	return [line(columns.map((column) => column.title)), ...rows.map((row, index) => paintRow(line(row), index))];
}
