import { closeSync, fstatSync, openSync } from "node:fs";
import { damagedObjects, readExactly } from "./read-exactly.ts";

const fanoutOffset = 8;
const namesOffset = fanoutOffset + 256 * 4;
const nameBytes = 20;
const versionTwo = Buffer.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]);

/**
 * The index of a pack: finds where in the pack an object begins. Only what a search needs is read: the fan-out table once, and the
 * names that begin with the byte that is asked for. Source: gitformat-pack(5), version 2.
 */
export class PackIndex implements Disposable {
	readonly #path: string;
	readonly #descriptor: number;
	readonly #fanout: Buffer;
	readonly #buckets = new Map<number, Buffer>();

	/** Opens the index at a path. Throws `STORE_DAMAGED` for one that is cut off or of another version. */
	constructor(path: string) {
		this.#path = path;
		this.#descriptor = openSync(path, "r");
		try {
			const head = readExactly(this.#descriptor, 0, namesOffset, path);
			if (!head.subarray(0, 8).equals(versionTwo)) throw damagedObjects(path, "it is no index of version 2");
			this.#fanout = head.subarray(fanoutOffset);
			if (fstatSync(this.#descriptor).size < namesOffset + this.#count * 28 + 40)
				throw damagedObjects(path, "it is cut off");
		} catch (error) {
			closeSync(this.#descriptor);
			throw error;
		}
	}

	get #count(): number {
		return this.#fanout.readUInt32BE(255 * 4);
	}

	/** Returns where an object begins in the pack, in bytes, or null where the pack does not hold it. */
	find(oid: Buffer): number | null {
		const first = oid.readUInt8(0);
		const start = first === 0 ? 0 : this.#fanout.readUInt32BE((first - 1) * 4);
		const names = this.#bucket(first, start);
		let low = 0;
		let high = names.length / nameBytes;
		while (low < high) {
			const middle = (low + high) >>> 1;
			const order = oid.compare(names, middle * nameBytes, (middle + 1) * nameBytes);
			if (order === 0) return this.#offset(start + middle);
			if (order < 0) high = middle;
			else low = middle + 1;
		}
		return null;
	}

	/** Yields the names that begin with given hexadecimal digits, at least two of them. */
	*namesFrom(digits: string): Generator<string> {
		const first = Number.parseInt(digits.slice(0, 2), 16);
		const names = this.#bucket(first, first === 0 ? 0 : this.#fanout.readUInt32BE((first - 1) * 4));
		for (let at = 0; at < names.length; at += nameBytes) {
			const name = names.toString("hex", at, at + nameBytes);
			if (name.startsWith(digits)) yield name;
		}
	}

	#bucket(first: number, start: number): Buffer {
		const known = this.#buckets.get(first);
		if (known !== undefined) return known;
		const end = this.#fanout.readUInt32BE(first * 4);
		if (end < start || end > this.#count) throw damagedObjects(this.#path, "its fan-out table is not in order");
		const names = readExactly(this.#descriptor, namesOffset + start * nameBytes, (end - start) * nameBytes, this.#path);
		this.#buckets.set(first, names);
		return names;
	}

	#offset(number: number): number {
		// Behind the names lies a checksum of four bytes for each, then the offsets.
		const offsets = namesOffset + this.#count * (nameBytes + 4);
		const offset = readExactly(this.#descriptor, offsets + number * 4, 4, this.#path).readUInt32BE(0);
		if (offset < 2 ** 31) return offset;
		const large = offsets + this.#count * 4 + (offset - 2 ** 31) * 8;
		return Number(readExactly(this.#descriptor, large, 8, this.#path).readBigUInt64BE(0));
	}

	[Symbol.dispose](): void {
		closeSync(this.#descriptor);
	}
}
