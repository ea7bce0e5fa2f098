import { openSync, readSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { OpenDescriptor } from "@retake/linux";
import { decodeEntry, type ManifestEntry, manifestHeadBytes, manifestMagic } from "./manifest.ts";

/** Bytes read at a time. */
const blockBytes = 256 * 1024;

/** The longest path or target that is believed, bytes: a damaged length must not ask for all memory. */
const pieceBytesMax = 16 * 1024 * 1024;

/** Reads a manifest entry by entry, with little of it in memory. It stays readable when the file loses its name. */
export class ManifestReader implements Disposable {
	/** When the snapshot began, by the clock of the file system, nanoseconds. */
	readonly startedNs: bigint;
	readonly #file: OpenDescriptor;
	readonly #count: number;

	/** Throws `STORE_DAMAGED`. */
	constructor(path: string) {
		this.#file = new OpenDescriptor(openSync(path, "r"));
		const head = Buffer.alloc(manifestHeadBytes);
		const length = readSync(this.#file.descriptor, head, 0, head.length, 0);
		if (length !== head.length || !head.subarray(0, manifestMagic.length).equals(manifestMagic)) {
			this.#file[Symbol.dispose]();
			throw damaged();
		}
		this.startedNs = head.readBigInt64LE(manifestMagic.length);
		this.#count = head.readUInt32LE(manifestMagic.length + 8);
	}

	/** Yields the entries from the first on. Throws `STORE_DAMAGED`. */
	*entries(): Generator<ManifestEntry> {
		const take = this.#taker();
		for (let index = 0; index < this.#count; index++) {
			let entry: ManifestEntry;
			try {
				entry = decodeEntry(take);
			} catch (cause) {
				throw damaged(cause);
			}
			yield entry;
		}
	}

	[Symbol.dispose](): void {
		this.#file[Symbol.dispose]();
	}

	#taker(): (count: number) => Buffer {
		let block = Buffer.alloc(0);
		let at = 0;
		let position = manifestHeadBytes;
		return (count) => {
			if (block.length - at < count) {
				if (count > pieceBytesMax) throw new RangeError(`a piece of ${count} bytes`);
				const rest = block.subarray(at);
				const wanted = Math.max(blockBytes, count);
				block = Buffer.allocUnsafe(rest.length + wanted);
				block.set(rest);
				const length = readSync(this.#file.descriptor, block, rest.length, wanted, position);
				position += length;
				block = block.subarray(0, rest.length + length);
				at = 0;
				if (block.length < count) throw new RangeError("the manifest ends too early");
			}
			at += count;
			return block.subarray(at - count, at);
		};
	}
}

function damaged(cause?: unknown): RetakeError {
	return new RetakeError("STORE_DAMAGED", "the manifest of a snapshot cannot be read", {
		...(cause === undefined ? {} : { cause }),
		remedy: "run `retake gc`, then take the snapshot again",
	});
}
