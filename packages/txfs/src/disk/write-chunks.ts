import { writeSync } from "node:fs";

/** Writes all bytes at the position of an open file. Throws `SystemCallError`. */
export function writeChunks(descriptor: number, chunks: Iterable<Uint8Array>): void {
	for (const bytes of chunks) {
		for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
	}
}
