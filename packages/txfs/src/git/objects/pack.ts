import { closeSync, fstatSync, openSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { applyDelta } from "@retake/changeset";
import { type GitObject, type GitObjectType, objectBytesMax } from "./git-object.ts";
import { PackIndex } from "./pack-index.ts";
import { damagedObjects, readExactly, readUpTo } from "./read-exactly.ts";

const entryHeaderBytesMax = 32;
const typesByNumber: ReadonlyMap<number, GitObjectType> = new Map([
	[1, "commit"],
	[2, "tree"],
	[3, "blob"],
	[4, "tag"],
]);
const offsetDelta = 6;
const nameDelta = 7;

/** Finds an object by name, wherever it is: a delta may name one of another pack. */
export type ReadObject = (oid: string) => GitObject | null;

/** A pack of git objects, whole or as deltas to one another. Source: gitformat-pack(5). */
export class Pack implements Disposable {
	readonly index: PackIndex;
	readonly #path: string;
	readonly #descriptor: number;

	/** Opens the pack whose file ends in `.pack`, with the index beside it. */
	constructor(path: string) {
		this.#path = path;
		this.index = new PackIndex(path.replace(/pack$/, "idx"));
		try {
			this.#descriptor = openSync(path, "r");
		} catch (error) {
			this.index[Symbol.dispose]();
			throw error;
		}
	}

	/** Reads the object that begins at an offset; `readObject` finds what a delta names. Throws `STORE_DAMAGED`. */
	read(offset: number, readObject: ReadObject): GitObject {
		const deltas: Buffer[] = [];
		let at = offset;
		for (;;) {
			const entry = this.#entry(at);
			const type = typesByNumber.get(entry.type);
			if (type !== undefined) return this.#undelta({ type, bytes: this.#inflate(entry) }, deltas);
			deltas.push(this.#inflate(entry));
			if (entry.type === offsetDelta && entry.base !== null) {
				at -= entry.base;
				continue;
			}
			const base = entry.baseOid === null ? null : readObject(entry.baseOid);
			if (base === null) throw damagedObjects(this.#path, `a delta at ${at} has no base`);
			return this.#undelta(base, deltas);
		}
	}

	#undelta(base: GitObject, deltas: readonly Buffer[]): GitObject {
		let bytes = base.bytes;
		for (const delta of deltas.toReversed()) {
			const next = applyDelta(bytes, delta, objectBytesMax);
			if (next === null) throw damagedObjects(this.#path, "a delta does not fit its base");
			bytes = next;
		}
		return { type: base.type, bytes };
	}

	#entry(at: number): PackEntry {
		const header = readUpTo(this.#descriptor, at, entryHeaderBytesMax);
		const first = header[0] ?? 0;
		let size = first & 15;
		let position = 1;
		for (let scale = 16, byte = first; byte >= 0x80; scale *= 128) {
			byte = header[position++] ?? 0;
			size += (byte & 0x7f) * scale;
		}
		if (size > objectBytesMax) throw damagedObjects(this.#path, `an object of ${size} bytes is too large to be read`);
		const type = (first >> 4) & 7;
		if (type === nameDelta) {
			const baseOid = header.toString("hex", position, position + 20);
			return { type, size, base: null, baseOid, data: at + position + 20 };
		}
		if (type !== offsetDelta) return { type, size, base: null, baseOid: null, data: at + position };
		let byte = header[position++] ?? 0;
		let base = byte & 0x7f;
		while (byte >= 0x80) {
			byte = header[position++] ?? 0;
			base = (base + 1) * 128 + (byte & 0x7f);
		}
		if (base <= 0 || base > at) throw damagedObjects(this.#path, `a delta at ${at} names no place before it`);
		return { type, size, base, baseOid: null, data: at + position };
	}

	#inflate({ size, data }: PackEntry): Buffer {
		// What does not shrink is stored: five bytes more for every 16 KiB, and a few at both ends.
		const bound = size + Math.ceil(size / 1000) + 256;
		const rest = Math.max(0, fstatSync(this.#descriptor).size - data);
		const packed = readExactly(this.#descriptor, data, Math.min(bound, rest), this.#path);
		try {
			const bytes = inflateSync(packed, { maxOutputLength: size + 1 });
			if (bytes.length === size) return bytes;
		} catch (cause) {
			throw damagedObjects(this.#path, `the object at ${data} does not unpack`, cause);
		}
		throw damagedObjects(this.#path, `the object at ${data} has another size than it says`);
	}

	[Symbol.dispose](): void {
		this.index[Symbol.dispose]();
		closeSync(this.#descriptor);
	}
}

interface PackEntry {
	readonly type: number;
	/** Bytes when unpacked. */
	readonly size: number;
	/** How far before this one its base begins; null where it has none in this pack. */
	readonly base: number | null;
	readonly baseOid: string | null;
	/** Where the packed bytes begin. */
	readonly data: number;
}
