import { createHash } from "node:crypto";

/** Where an object lies in a pack. */
export interface PackedObject {
	/** 40 hexadecimal digits. */
	readonly oid: string;
	/** Bytes from the pack's beginning. */
	readonly offset: number;
	/** CRC-32 of the entry as it stands in the pack. */
	readonly checksum: number;
}

/** Encodes the index of a pack, given the hash at the pack's end. Source: gitformat-pack(5), version 2. */
export function encodePackIndex(objects: readonly PackedObject[], packHash: Buffer): Buffer {
	const sorted = objects.toSorted((left, right) => (left.oid < right.oid ? -1 : 1));
	const fanout = Buffer.alloc(256 * 4);
	let count = 0;
	for (let first = 0; first < 256; first++) {
		while (count < sorted.length && Number.parseInt(sorted[count]?.oid.slice(0, 2) ?? "", 16) === first) count++;
		fanout.writeUInt32BE(count, first * 4);
	}
	const checksums = Buffer.alloc(sorted.length * 4);
	const offsets = Buffer.alloc(sorted.length * 4);
	const large: Buffer[] = [];
	for (const [index, { offset, checksum }] of sorted.entries()) {
		checksums.writeUInt32BE(checksum, index * 4);
		if (offset < 2 ** 31) offsets.writeUInt32BE(offset, index * 4);
		else {
			offsets.writeUInt32BE(2 ** 31 + large.length, index * 4);
			const wide = Buffer.alloc(8);
			wide.writeBigUInt64BE(BigInt(offset));
			large.push(wide);
		}
	}
	const body = Buffer.concat([
		Buffer.from([0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]),
		fanout,
		...sorted.map(({ oid }) => Buffer.from(oid, "hex")),
		checksums,
		offsets,
		...large,
		packHash,
	]);
	return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}
