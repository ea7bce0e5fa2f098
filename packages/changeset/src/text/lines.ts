import { Buffer } from "node:buffer";

/**
 * A line of a file with its line feed, if it has one; each code unit is one byte (Latin-1), so that bytes of any encoding
 * pass through unchanged.
 */
export type Line = string;

/** Cuts bytes into lines. The last one lacks its line feed where the file does; no bytes are no lines. */
export function linesOf(bytes: Uint8Array): Line[] {
	const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
	const lines: Line[] = [];
	for (let start = 0; start < text.length; ) {
		const feed = text.indexOf("\n", start);
		const end = feed === -1 ? text.length : feed + 1;
		lines.push(text.slice(start, end));
		start = end;
	}
	return lines;
}

/** Joins lines back into bytes. */
export function bytesOf(lines: readonly Line[]): Uint8Array {
	return Buffer.from(lines.join(""), "latin1");
}

/** Tells whether bytes are not text: whether there is a NUL in them. */
export function isBinary(bytes: Uint8Array): boolean {
	return bytes.includes(0);
}
