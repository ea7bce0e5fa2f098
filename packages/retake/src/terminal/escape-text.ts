/** Matches what a terminal would obey, hide or reorder rather than show, and every kind of line break. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/**
 * Escapes text from outside for a terminal: control characters, escape sequences, bidirectional controls, invisible
 * characters and bytes that are not UTF-8 are spelled out, so that the result is one visible line.
 */
export function escapeText(text: string): string {
	return text.replace(unprintable, (character) => {
		const point = character.codePointAt(0) ?? 0;
		if (character === "\n") return "\\n";
		if (character === "\r") return "\\r";
		if (character === "\t") return "\\t";
		if (point < 0x100) return `\\x${point.toString(16).padStart(2, "0")}`;
		if (point >= 0xdc80 && point <= 0xdcff) return `\\x${(point - 0xdc00).toString(16)}`;
		return `\\u{${point.toString(16)}}`;
	});
}

/** Escapes output of several lines: line breaks and tabs are kept as layout, everything else is escaped. */
export function escapeOutput(text: string): string {
	return text
		.replaceAll("\r\n", "\n")
		.split("\n")
		.map((line) => escapeText(line.replaceAll("\t", "    ")))
		.join("\n");
}
