import { readSync } from "node:fs";

/** Bytes held in memory while a file's contents are moved. */
export const chunkBytes = 1024 * 1024;

/** Yields an open file's bytes from its start to its end, at most 1 MiB at a time. Each chunk is the caller's to keep. */
export function* fileChunks(descriptor: number, sizeHint: number): Generator<Uint8Array> {
	let position = 0;
	// One byte more than expected, so that the end of a file of the expected size shows in the first read.
	let wanted = Math.min(sizeHint + 1, chunkBytes);
	for (;;) {
		const buffer = Buffer.allocUnsafe(wanted);
		const count = readSync(descriptor, buffer, 0, wanted, position);
		if (count === 0) return;
		position += count;
		yield buffer.subarray(0, count);
		if (count < wanted && position >= sizeHint) return;
		wanted = chunkBytes;
	}
}
