import stringWidth from "string-width";
import { cutText } from "./fit-text.ts";

/** What stands before the lines of a wrapped text. */
export interface Indents {
	readonly first: string;
	readonly rest: string;
}

/** Breaks one escaped line at spaces to a width in columns, indents included; a word that is too long is cut. */
export function wrapText(text: string, width: number, { first, rest }: Indents = { first: "", rest: "  " }): string[] {
	const lines: string[] = [];
	let line: string | null = null;
	for (const word of text.split(" ")) {
		const longer: string = line === null ? first + word : `${line} ${word}`;
		if (line === null || stringWidth(longer) <= width) line = longer;
		else {
			lines.push(line);
			line = rest + word;
		}
	}
	return [...lines, line ?? first].map((each) => cutText(each, width));
}
