/** The first line in which two texts differ. */
export interface DifferingLine {
	/** From 1. */
	readonly line: number;
	/** Empty where the text has ended before. */
	readonly a: string;
	readonly b: string;
}

/** Matches a line of a patch that only repeats by hash what its hunks say. */
const hashLine = /^index [0-9a-f]+\.\.[0-9a-f]+/;

/** Finds the first line in which two texts differ; null where both have one line at most, or are equal. */
export function firstDifferingLine(a: string, b: string): DifferingLine | null {
	const [aLines, bLines] = [a.split("\n"), b.split("\n")];
	if (aLines.length === 1 && bLines.length === 1) return null;
	const tells = (index: number): boolean => !(hashLine.test(aLines[index] ?? "") && hashLine.test(bLines[index] ?? ""));
	const count = Math.max(aLines.length, bLines.length);
	for (let index = 0; index < count; index++) {
		if (aLines[index] === bLines[index] || !tells(index)) continue;
		return { line: index + 1, a: aLines[index] ?? "", b: bLines[index] ?? "" };
	}
	return null;
}
