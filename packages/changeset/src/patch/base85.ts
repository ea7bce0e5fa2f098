import { Buffer } from "node:buffer";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/** The value of each digit by its character code; 255 where it is none. */
const values = new Uint8Array(256).fill(255);
for (let value = 0; value < digits.length; value++) values[digits.charCodeAt(value)] = value;

/** Encodes at most 52 bytes as one line of git's binary patches, without its line feed: a letter for the length, then base 85. */
export function encodeBase85Line(bytes: Uint8Array): string {
	const length = bytes.length;
	const line = Buffer.allocUnsafe(1 + 5 * Math.ceil(length / 4));
	line[0] = length <= 26 ? 0x40 + length : 0x60 + length - 26;
	for (let index = 0, group = 1; index < length; index += 4, group += 5) {
		let word = 0;
		for (let offset = 0; offset < 4; offset++) word = word * 256 + (bytes[index + offset] ?? 0);
		for (let digit = 4; digit >= 0; digit--) {
			line[group + digit] = digits.charCodeAt(word % 85);
			word = Math.floor(word / 85);
		}
	}
	return line.toString("latin1");
}

/** Decodes one such line. Returns null where it is none. */
export function decodeBase85Line(line: string): Uint8Array | null {
	const length = lengthOf(line.charCodeAt(0));
	if (length === null || line.length !== 1 + 5 * Math.ceil(length / 4)) return null;
	const bytes = new Uint8Array(length);
	for (let index = 0; index < length; index += 4) {
		let word = 0;
		for (let digit = 0; digit < 5; digit++) {
			const value = values[line.charCodeAt(1 + (index / 4) * 5 + digit)] ?? 255;
			if (value === 255) return null;
			word = word * 85 + value;
		}
		if (word > 0xffffffff) return null;
		for (let offset = 0; offset < 4 && index + offset < length; offset++)
			bytes[index + offset] = word >>> (24 - 8 * offset);
	}
	return bytes;
}

function lengthOf(letter: number): number | null {
	if (letter >= 0x41 && letter <= 0x5a) return letter - 0x40;
	if (letter >= 0x61 && letter <= 0x7a) return letter - 0x60 + 26;
	return null;
}
