import { Buffer } from "node:buffer";

/** Bytes of one block of the source by which places are found again: as in git. */
const blockBytes = 16;

/** Places with one hash that are tried; bounds the work for a source that repeats itself. */
const candidatesMax = 16;

const copyBytesMax = 0x10000;
const insertBytesMax = 127;

const factor = 0x01000193;
/** `factor` to the power of `blockBytes - 1`, as 32 bits: what the byte that leaves the window has been multiplied by. */
const leaving = Array.from({ length: blockBytes - 1 }).reduce<number>((power) => Math.imul(power, factor), 1);

/**
 * Describes `target` as copies from `source` and inserted bytes, in git's delta format, which `applyDelta` reads. Returns null
 * where that takes `bytesMax` bytes or more. Takes time in proportion to both sizes.
 */
export function makeDelta(source: Uint8Array, target: Uint8Array, bytesMax: number): Uint8Array | null {
	const delta = new DeltaWriter(source.length, target.length);
	const index = new BlockIndex(source);
	let position = 0;
	let pending = 0;
	let hash = hashOf(target, 0);
	while (position + blockBytes <= target.length) {
		const match = index.longestMatch(hash, target, position);
		if (match === null) {
			const [gone = 0, next = 0] = [target[position], target[position + blockBytes]];
			hash = (Math.imul(hash - Math.imul(gone, leaving), factor) + next) | 0;
			position++;
			continue;
		}
		delta.insert(target.subarray(pending, position));
		delta.copy(match.offset, match.length);
		if (delta.size >= bytesMax) return null;
		position += match.length;
		pending = position;
		hash = hashOf(target, position);
	}
	delta.insert(target.subarray(pending));
	return delta.size < bytesMax ? delta.finish() : null;
}

function hashOf(bytes: Uint8Array, start: number): number {
	let hash = 0;
	for (let index = start; index < start + blockBytes; index++)
		hash = (Math.imul(hash, factor) + (bytes[index] ?? 0)) | 0;
	return hash;
}

/** Finds where blocks of the source lie, by their hash. */
class BlockIndex {
	readonly #source: Uint8Array;
	readonly #mask: number;
	/** The first block of each slot, and for each block the next one of its slot; 0 is none, so blocks count from 1. */
	readonly #first: Int32Array;
	readonly #next: Int32Array;

	constructor(source: Uint8Array) {
		this.#source = source;
		const blocks = Math.floor(source.length / blockBytes);
		const slots = 2 ** Math.ceil(Math.log2(blocks + 1));
		this.#mask = slots - 1;
		this.#first = new Int32Array(slots);
		this.#next = new Int32Array(blocks + 1);
		// From the end, so that the first of equal blocks is tried first.
		for (let block = blocks; block > 0; block--) {
			const slot = this.#slotOf(hashOf(source, (block - 1) * blockBytes));
			this.#next[block] = this.#first[slot] ?? 0;
			this.#first[slot] = block;
		}
	}

	longestMatch(hash: number, target: Uint8Array, position: number): { offset: number; length: number } | null {
		let best: { offset: number; length: number } | null = null;
		let block = this.#first[this.#slotOf(hash)] ?? 0;
		for (let tried = 0; block !== 0 && tried < candidatesMax; tried++) {
			const offset = (block - 1) * blockBytes;
			const length = this.#matchLength(offset, target, position);
			if (length >= blockBytes && length > (best?.length ?? 0)) best = { offset, length };
			block = this.#next[block] ?? 0;
		}
		return best;
	}

	#matchLength(offset: number, target: Uint8Array, position: number): number {
		const most = Math.min(this.#source.length - offset, target.length - position);
		let length = 0;
		while (length < most && this.#source[offset + length] === target[position + length]) length++;
		return length;
	}

	#slotOf(hash: number): number {
		return (hash ^ (hash >>> 15)) & this.#mask;
	}
}

class DeltaWriter {
	readonly #parts: Uint8Array[] = [];
	size = 0;

	constructor(sourceSize: number, targetSize: number) {
		this.#add(Uint8Array.from([...sizeBytes(sourceSize), ...sizeBytes(targetSize)]));
	}

	copy(offset: number, length: number): void {
		for (let done = 0; done < length; done += copyBytesMax) {
			const size = Math.min(copyBytesMax, length - done);
			let opcode = 0x80;
			const operands: number[] = [];
			const place = offset + done;
			for (let index = 0; index < 4; index++) {
				const byte = Math.floor(place / 256 ** index) % 256;
				if (byte === 0) continue;
				opcode |= 1 << index;
				operands.push(byte);
			}
			// A whole copy of 0x10000 bytes is told by no size at all.
			for (let index = 0; index < 2; index++) {
				const byte = (size >> (8 * index)) & 0xff;
				if (byte === 0) continue;
				opcode |= 0x10 << index;
				operands.push(byte);
			}
			this.#add(Uint8Array.of(opcode, ...operands));
		}
	}

	insert(bytes: Uint8Array): void {
		for (let start = 0; start < bytes.length; start += insertBytesMax) {
			const part = bytes.subarray(start, start + insertBytesMax);
			this.#add(Uint8Array.of(part.length));
			this.#add(part);
		}
	}

	finish(): Uint8Array {
		return Buffer.concat(this.#parts, this.size);
	}

	#add(part: Uint8Array): void {
		this.#parts.push(part);
		this.size += part.length;
	}
}

function sizeBytes(size: number): number[] {
	const bytes: number[] = [];
	let rest = size;
	for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
	bytes.push(rest);
	return bytes;
}
