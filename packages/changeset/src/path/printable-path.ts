/**
 * Matches what a terminal would obey or hide rather than show: control characters, line separators, bidirectional controls,
 * zero-width characters, the byte order mark, tag characters, lone surrogates, and the backslash that escapes them.
 */
const unprintable =
	/[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\ud800-\udfff\\]/gu;

const plain = /^[ -[\]-~]*$/;

/** Escapes a name for people's terminals. Text without anything to escape is returned as it is; two names never print alike by escaping. */
export function printablePath(text: string): string {
	return plain.test(text) ? text : text.replace(unprintable, escapeCharacter);
}

function escapeCharacter(character: string): string {
	const point = character.codePointAt(0) ?? 0;
	if (character === "\\") return "\\\\";
	if (character === "\n") return "\\n";
	if (character === "\t") return "\\t";
	if (point >= 0xdc80 && point <= 0xdcff) return `\\x${(point - 0xdc00).toString(16)}`;
	return `\\u{${point.toString(16)}}`;
}
