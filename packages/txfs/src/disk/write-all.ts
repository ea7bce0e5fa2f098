import { writeSync } from "node:fs";

/** Writes all bytes at a place in a file, however many writes it takes. */
export function writeAll(descriptor: number, bytes: Uint8Array, start: number): void {
	for (let offset = 0; offset < bytes.length; ) {
		offset += writeSync(descriptor, bytes, offset, bytes.length - offset, start + offset);
	}
}
