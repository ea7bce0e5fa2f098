import { ftruncateSync, readSync } from "node:fs";
import type { DataExtent } from "@retake/changeset";
import { chunkBytes, fileChunks } from "./file-chunks.ts";
import { writeAll } from "./write-all.ts";

const zeros = Buffer.alloc(chunkBytes);

/**
 * Yields an open file's bytes as `fileChunks` does, without reading its holes. Do not write to the chunks: those of holes are
 * one and the same.
 */
export function* sparseChunks(
	descriptor: number,
	size: number,
	extents: readonly DataExtent[] | null,
): Generator<Uint8Array> {
	if (extents === null) return yield* fileChunks(descriptor, size);
	let position = 0;
	for (const { offset, length } of [...extents, { offset: size, length: 0 }]) {
		// Whole pieces of a mebibyte, so that whoever cuts them into such need not copy them.
		while (position < offset) {
			const count = Math.min(chunkBytes - (position % chunkBytes), offset - position);
			yield zeros.subarray(0, count);
			position += count;
		}
		while (position < offset + length) {
			const buffer = Buffer.allocUnsafe(Math.min(chunkBytes - (position % chunkBytes), offset + length - position));
			const count = readSync(descriptor, buffer, 0, buffer.length, position);
			if (count === 0) return;
			position += count;
			yield buffer.subarray(0, count);
		}
	}
}

/**
 * Writes a new file whose holes are where `extents` leave them; null leaves none. The bytes are right whatever the extents say: what
 * is not zero is written. Throws `SystemCallError`.
 */
export function writeSparse(
	descriptor: number,
	chunks: Iterable<Uint8Array>,
	extents: readonly DataExtent[] | null,
): void {
	if (extents === null) return writeDense(descriptor, chunks);
	const last = extents.at(-1);
	// A write past the end of a file makes some file systems allocate more than what is written.
	if (last !== undefined) ftruncateSync(descriptor, endOf(last));
	let position = 0;
	let next = 0;
	for (const chunk of chunks) {
		for (let at = 0; at < chunk.length; ) {
			while (endOf(extents[next]) <= position) next++;
			const extent = extents[next];
			const isData = extent !== undefined && extent.offset <= position;
			const boundary = isData ? endOf(extent) : (extent?.offset ?? Number.POSITIVE_INFINITY);
			const part = chunk.subarray(at, Math.min(chunk.length, at + (boundary - position)));
			if (isData || !isZero(part)) writeAll(descriptor, part, position);
			at += part.length;
			position += part.length;
		}
	}
	ftruncateSync(descriptor, position);
}

function writeDense(descriptor: number, chunks: Iterable<Uint8Array>): void {
	let position = 0;
	for (const chunk of chunks) {
		writeAll(descriptor, chunk, position);
		position += chunk.length;
	}
}

function endOf(extent: DataExtent | undefined): number {
	return extent === undefined ? Number.POSITIVE_INFINITY : extent.offset + extent.length;
}

function isZero(bytes: Uint8Array): boolean {
	for (let at = 0; at < bytes.length; at += zeros.length) {
		const part = bytes.subarray(at, at + zeros.length);
		if (Buffer.compare(part, zeros.subarray(0, part.length)) !== 0) return false;
	}
	return true;
}
