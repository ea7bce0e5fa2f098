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

/** A row of a table that is written while its rows are made. */
export interface TableRow {
	/** They hold no colour. */
	readonly cells: readonly string[];
	/** Adds colour to the row that has its final width. */
	readonly paint?: (line: string) => string;
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
	const painted = rows.map((cells, index) => ({ cells, paint: (line: string) => paintRow(line, index) }));
	return [...tableLines(columns, painted, width)];
}

/** Does as `layOutTable` does with rows that need not be in memory together: they are gone through twice, and a line is made when it is asked for. */
export function* tableLines(
	columns: readonly TableColumn[],
	rows: Iterable<TableRow>,
	width: number,
): Iterable<string> {
	const widths = columnWidths(columns, rows, width);
	const line = (cells: readonly string[]): string =>
		columns
			.map((column, index) => fitText(cells[index] ?? "", widths[index] ?? 0, column.align))
			.join(gap)
			.trimEnd();
	yield line(columns.map((column) => column.title));
	for (const { cells, paint = (text: string) => text } of rows) yield paint(line(cells));
}

function columnWidths(columns: readonly TableColumn[], rows: Iterable<TableRow>, width: number): readonly number[] {
	const widths = columns.map(({ least = 0, title }) => Math.max(least, stringWidth(title)));
	for (const { cells } of rows) {
		for (const [index, widest] of widths.entries()) {
			widths[index] = Math.max(widest, widthOf(cells[index] ?? "", width));
		}
	}
	let excess = widths.reduce((sum, each) => sum + each, 0) + gap.length * (columns.length - 1) - width;
	for (const [index, column] of columns.entries()) {
		if (column.gives !== true || excess <= 0) continue;
		const shrunk = Math.max(narrowest, (widths[index] ?? 0) - excess);
		excess -= (widths[index] ?? 0) - shrunk;
		widths[index] = shrunk;
	}
	return widths;
}
