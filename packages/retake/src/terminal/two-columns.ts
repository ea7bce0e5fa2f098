import { fitText } from "./fit-text.ts";

/** Columns below which two texts do not stand beside each other. */
export const twoColumnsLeast = 80;

const gutter = 2;
const divider = " │ ";

/** Lays two texts beside each other. */
export interface TwoColumns {
	/** Width of one side. */
	readonly width: number;
	/** Writes one line: a sign of one column, the left side, the right side; longer sides are cut. They hold no colour. */
	line(sign: string, left: string, right: string): string;
	/** The same, with each side painted after it has its final width. */
	paintedLine(sign: string, left: PaintedSide, right: PaintedSide): string;
}

/** One side of a line, and how it is painted. */
export interface PaintedSide {
	readonly text: string;
	readonly paint: (text: string) => string;
}

/** Makes the layout of two columns of equal width, `columns` wide together. */
export function twoColumns(columns: number): TwoColumns {
	const width = Math.max(1, Math.floor((columns - gutter - divider.length) / 2));
	const paintedLine: TwoColumns["paintedLine"] = (sign, left, right) =>
		[
			fitText(sign, gutter),
			left.paint(fitText(left.text, width)),
			divider,
			right.paint(fitText(right.text, width).trimEnd()),
		].join("");
	const plain = (text: string): PaintedSide => ({ text, paint: (same) => same });
	return {
		width,
		paintedLine,
		line: (sign, left, right) => paintedLine(sign, plain(left), plain(right)).trimEnd(),
	};
}
