/**
 * Applies git's delta, copies from `source` and inserted bytes, to `source`. Returns null where the delta is malformed or was not
 * made for it. Throws nothing; allocates at most `bytesMax`. Format: "deltified representation" in git's pack format.
 */
export function applyDelta(source: Uint8Array, delta: Uint8Array, bytesMax: number): Uint8Array | null {
	const reader = { delta, position: 0 };
	const sourceSize = readSize(reader);
	const resultSize = readSize(reader);
	if (sourceSize !== source.length || resultSize === null || resultSize > bytesMax) return null;
	const result = new Uint8Array(resultSize);
	let filled = 0;
	while (reader.position < delta.length) {
		const part = readInstruction(reader, source);
		if (part === null || filled + part.length > resultSize) return null;
		result.set(part, filled);
		filled += part.length;
	}
	return filled === resultSize ? result : null;
}

interface DeltaReader {
	readonly delta: Uint8Array;
	position: number;
}

function readSize(reader: DeltaReader): number | null {
	let size = 0;
	for (let scale = 1; scale <= 2 ** 42; scale *= 128) {
		const byte = reader.delta[reader.position++];
		if (byte === undefined) return null;
		size += (byte & 0x7f) * scale;
		if (byte < 0x80) return size;
	}
	return null;
}

function readInstruction(reader: DeltaReader, source: Uint8Array): Uint8Array | null {
	const opcode = reader.delta[reader.position++] ?? 0;
	if (opcode === 0) return null;
	if (opcode < 0x80) {
		const part = reader.delta.subarray(reader.position, reader.position + opcode);
		reader.position += opcode;
		return part.length === opcode ? part : null;
	}
	const offset = readNumber(reader, opcode & 0x0f, 4);
	const size = readNumber(reader, (opcode >> 4) & 0x07, 3) || 0x10000;
	return offset + size <= source.length ? source.subarray(offset, offset + size) : null;
}

/** Reads a little-endian number of which `present` says, a bit for each, which bytes are there. */
function readNumber(reader: DeltaReader, present: number, bytes: number): number {
	let number = 0;
	for (let index = 0; index < bytes; index++) {
		if ((present & (1 << index)) !== 0) number += (reader.delta[reader.position++] ?? 0) * 256 ** index;
	}
	return number;
}
