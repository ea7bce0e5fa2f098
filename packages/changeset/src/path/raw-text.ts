import { Buffer, isAscii, isUtf8 } from "node:buffer";

const escapeBase = 0xdc00;

/** Spells the kernel's bytes as text: valid UTF-8 as itself, any other byte as the lone surrogate U+DC00 + byte. */
export function rawTextFromBytes(bytes: Uint8Array): string {
	const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (isAscii(buffer)) return buffer.toString("latin1");
	if (isUtf8(buffer)) return buffer.toString("utf8");
	let text = "";
	let index = 0;
	while (index < buffer.length) {
		const length = sequenceLength(buffer, index);
		if (length === 0) text += String.fromCharCode(escapeBase + (buffer[index] ?? 0));
		else text += buffer.toString("utf8", index, index + length);
		index += Math.max(1, length);
	}
	return text;
}

/** How many bytes the valid UTF-8 sequence at `index` takes; 0 where none is. */
function sequenceLength(buffer: Buffer, index: number): number {
	const lead = buffer[index] ?? 0;
	const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
	const sequence = buffer.subarray(index, index + length);
	return sequence.length === length && isUtf8(sequence) ? length : 0;
}

/**
 * Gives the bytes that text spells, or null where it is not the one spelling of any bytes: a surrogate outside of
 * U+DC80…U+DCFF, or several that together are valid UTF-8 and would have been spelled as that.
 */
export function rawTextToBytes(text: string): Uint8Array | null {
	// Only ASCII takes one byte for each code unit.
	if (Buffer.byteLength(text) === text.length) return Buffer.from(text, "latin1");
	if (text.isWellFormed()) return Buffer.from(text, "utf8");
	const parts: Buffer[] = [];
	for (const character of text) {
		const point = character.codePointAt(0) ?? 0;
		if (point < 0xd800 || point > 0xdfff) parts.push(Buffer.from(character, "utf8"));
		else if (point >= escapeBase + 0x80 && point <= escapeBase + 0xff) parts.push(Buffer.of(point - escapeBase));
		else return null;
	}
	const bytes = Buffer.concat(parts);
	return rawTextFromBytes(bytes) === text ? bytes : null;
}
