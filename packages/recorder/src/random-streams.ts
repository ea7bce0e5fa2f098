import { createHash } from "node:crypto";
import type { Randomness } from "@retake/base";

/** 64 lower-case hexadecimal digits, under the root hash of the run that draws from it. */
export type StreamSeed = string & { readonly StreamSeed: unique symbol };

/** Which of a scope's streams is drawn from, and how many draws came before. */
export interface StreamPlace {
	readonly scope: string;
	readonly kind: "random" | "uuid";
	readonly name: string;
	readonly draw: number;
}

/** Makes a seed. */
export function createStreamSeed(randomness: Randomness): StreamSeed {
	return Buffer.from(randomness.bytes(32)).toString("hex") as StreamSeed;
}

/**
 * Returns the 32 bytes at a place of a stream: SHA-256 over the seed and the place. They depend on nothing else, so neither other streams nor
 * other scopes nor the order in which they are drawn from shift them. Whoever has the record can compute them: they are no secrets.
 */
export function streamBytes(seed: StreamSeed, { scope, kind, name, draw }: StreamPlace): Buffer {
	return createHash("sha256").update(`${seed}\0${kind}\0${scope}\0${name}\0${draw}`).digest();
}

/** Makes of 8 bytes a number in [0, 1) with 53 random bits. */
export function toFraction(bytes: Uint8Array): number {
	const bits = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0) >> 11n;
	return Number(bits) / 2 ** 53;
}

/** Makes of 16 bytes a version 4 UUID (RFC 9562, section 5.4). */
export function toUuid(random: Uint8Array): string {
	const bytes = Buffer.from(random.subarray(0, 16));
	bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
	bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
	return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
