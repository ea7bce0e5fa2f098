/** Cuts bytes anew: yields pieces of exactly `size` bytes and one shorter at the end, none of them empty. Holds one piece in memory. */
export function* evenChunks(chunks: Iterable<Uint8Array>, size: number): Generator<Uint8Array, undefined> {
	let piece = Buffer.allocUnsafe(0);
	let filled = 0;
	for (const chunk of chunks) {
		for (let offset = 0; offset < chunk.byteLength; ) {
			// A whole piece that comes in one is passed on as it is.
			if (filled === 0 && chunk.byteLength - offset >= size) {
				yield chunk.subarray(offset, offset + size);
				offset += size;
				continue;
			}
			if (piece.byteLength === 0) piece = Buffer.allocUnsafe(size);
			const taken = Math.min(size - filled, chunk.byteLength - offset);
			piece.set(chunk.subarray(offset, offset + taken), filled);
			filled += taken;
			offset += taken;
			if (filled < size) continue;
			yield piece;
			piece = Buffer.allocUnsafe(0);
			filled = 0;
		}
	}
	if (filled > 0) yield piece.subarray(0, filled);
}
