import { escapeOutput } from "../terminal/escape-text.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { textOfBytes } from "../terminal/text-of-bytes.ts";

/** What of a value `retake show` puts on the terminal; the rest is what `--raw` is for. */
export const previewLimits = {
	/** Lines of a text, from its beginning and from its end together. */
	lines: 200,
	/** Characters of one line. */
	lineCharacters: 2_000,
	/** Bytes of a text that are looked at from either end. */
	textBytes: 256 * 1024,
	/** Bytes of what is no text that are spelled out. */
	binaryBytes: 64,
} as const;

/** Writes a text or bytes as escaped lines, bounded: of a long text the beginning and the end, of what is no text the size and the first bytes. */
export function previewLines(value: string | Uint8Array, rawName: string): string[] {
	if (value instanceof Uint8Array && !isText(value)) return binaryLines(value, rawName);
	const { bytes, text } = wholeOrEnds(value);
	const lines = escapeOutput(text.endsWith("\n") ? text.slice(0, -1) : text)
		.split("\n")
		.map(cutLine);
	if (lines.length <= previewLimits.lines && bytes === null) return lines;
	const head = lines.slice(0, previewLimits.lines / 2);
	const tail = lines.slice(-previewLimits.lines / 2);
	const hidden = bytes === null ? formatCount(lines.length - head.length - tail.length, "line") : "the middle";
	const size = formatBytes(typeof value === "string" ? Buffer.byteLength(value) : value.byteLength);
	return [...head, `… ${hidden} of ${size} left out: --raw ${rawName} has all`, ...tail];
}

/** Text has no NUL, and is UTF-8 but for a cut character. */
function isText(bytes: Uint8Array): boolean {
	const beginning = bytes.subarray(0, 8_192);
	if (beginning.includes(0)) return false;
	const text = new TextDecoder("utf-8").decode(beginning, { stream: true });
	const broken = text.length - text.replaceAll("\u{fffd}", "").length;
	return broken * 10 <= text.length;
}

function wholeOrEnds(value: string | Uint8Array): { readonly bytes: number | null; readonly text: string } {
	const { textBytes } = previewLimits;
	if (value.length <= 2 * textBytes) {
		return { bytes: null, text: typeof value === "string" ? value : textOfBytes(value) };
	}
	const ends = [value.slice(0, textBytes), value.slice(-textBytes)];
	const text = ends.map((end) => (typeof end === "string" ? end : textOfBytes(end))).join("\n");
	return { bytes: value.length, text };
}

function cutLine(line: string): string {
	const more = line.length - previewLimits.lineCharacters;
	return more <= 0 ? line : `${line.slice(0, previewLimits.lineCharacters)} … ${more} more characters`;
}

function binaryLines(bytes: Uint8Array, rawName: string): string[] {
	const first = Buffer.from(bytes.subarray(0, previewLimits.binaryBytes));
	const rows = Array.from({ length: Math.ceil(first.byteLength / 16) }, (_, row) => {
		const part = first.subarray(row * 16, row * 16 + 16);
		const spelled = Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
		const shown = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
		return `${(row * 16).toString(16).padStart(8, "0")}  ${spelled.padEnd(47)}  ${shown}`;
	});
	return [`(${formatBytes(bytes.byteLength)} that are no text: --raw ${rawName} has all)`, ...rows];
}
