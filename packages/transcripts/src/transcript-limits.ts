/** What the reading of somebody else's file may cost. Past one of them it is refused with `LIMIT_EXCEEDED`. */
export const transcriptLimits = {
	/** Bytes of one line of a transcript that has one entry a line. */
	lineBytes: 64 * 1024 ** 2,
	/** Bytes of a document that is read as a whole: an ATIF trajectory. */
	documentBytes: 256 * 1024 ** 2,
	/** Lines looked at to tell what a file is. */
	detectionLines: 50,
	/** Bytes looked at to tell what a file is. */
	detectionBytes: 1024 ** 2,
	/** Kinds of entries that are counted apart; the others are counted together. */
	tallyKinds: 64,
	/** Levels of a value that are kept as such; what lies deeper is kept as the JSON text that it was. */
	valueDepth: 100,
} as const;
