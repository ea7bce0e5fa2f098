/** What a page may hold; what is past it is counted on the page. */
export const pageLimits = {
	/** Rows, runs of the same calls counting as one. */
	rows: 2_000,
	/** Rows that show what they differ in, or what a call took and gave. */
	detailedRows: 500,
	/** Values shown for one row. */
	detailsOfRow: 24,
	/** Lines shown of one value. */
	linesOfDetail: 200,
	/** Characters shown of one line. */
	lineCharacters: 1_000,
	/** Bytes up to which a text is compared by lines. */
	textBytes: 1024 ** 2,
	/** Paths shown of the trees' difference. */
	treePaths: 100,
	/** Bytes of all lines of values with their markup; past it rows go without details. */
	detailBytes: 8 * 1024 ** 2,
	/** Bytes of markup that a line of a value takes. */
	lineMarkupBytes: 128,
} as const;
