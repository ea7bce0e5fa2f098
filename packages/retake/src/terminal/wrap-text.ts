import stringWidth from "string-width";
import { cutText } from "./fit-text.ts";

/** Breaks one escaped line at spaces to a width in columns, all lines but the first behind `indent`; a word that is too long is cut. */
export function wrapText(text: string, width: number, indent = "  "): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		const longer = line === "" ? word : `${line} ${word}`;
		if (line.trim() === "" || stringWidth(longer) <= width) line = line.trim() === "" ? line + word : longer;
		else {
			lines.push(line);
			line = indent + word;
		}
	}
	return [...lines, line].map((each) => cutText(each, width));
}
