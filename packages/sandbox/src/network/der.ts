/** Encodes the few types of ASN.1 that a certificate is made of. Source: ITU-T X.690, distinguished encoding rules. */
export const der = {
	sequence: (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts),
	set: (...parts: readonly Uint8Array[]): Buffer => element(0x31, ...parts),
	/** A number below 128, or the magnitude of a positive one. */
	integer: (value: number | Uint8Array): Buffer => {
		const bytes = typeof value === "number" ? Buffer.of(value) : Buffer.from(value);
		// A first bit would make it negative.
		return element(0x02, ...((bytes[0] ?? 0) > 127 ? [Buffer.of(0)] : []), bytes);
	},
	true: (): Buffer => element(0x01, Buffer.of(0xff)),
	octets: (...parts: readonly Uint8Array[]): Buffer => element(0x04, ...parts),
	/** Bits of one byte from the highest on, `unused` of the lowest left out. */
	flags: (bits: number, unused: number): Buffer => element(0x03, Buffer.of(unused, bits)),
	bits: (bytes: Uint8Array): Buffer => element(0x03, Buffer.of(0), bytes),
	text: (text: string): Buffer => element(0x0c, Buffer.from(text, "utf8")),
	/** Until 2049, as certificates write it. */
	time: (milliseconds: number): Buffer => {
		const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, "");
		return element(0x17, Buffer.from(digits.slice(2), "latin1"));
	},
	/** An object identifier written with dots. */
	name: (text: string): Buffer => {
		const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
		return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
	},
	/** Context-specific: constructed around other elements, or primitive bytes. */
	tagged: (number: number, kind: "around" | "bytes", ...parts: readonly Uint8Array[]): Buffer =>
		element((kind === "around" ? 0xa0 : 0x80) + number, ...parts),
} as const;

function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
	const content = Buffer.concat(parts);
	return Buffer.concat([Buffer.of(tag, ...lengthBytes(content.length)), content]);
}

function lengthBytes(length: number): readonly number[] {
	if (length < 128) return [length];
	const bytes: number[] = [];
	for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
	return [0x80 + bytes.length, ...bytes];
}

function base128(value: number): readonly number[] {
	const bytes = [value & 0x7f];
	for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f));
	return bytes;
}
