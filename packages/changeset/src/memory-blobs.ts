import { Buffer } from "node:buffer";
import { type BlobId, RetakeError, sha256 } from "@retake/base";
import { pieceBytesMax, unpackPiece } from "./blob-piece.ts";
import type { Blobs } from "./blobs.ts";

/** Makes a blob store that lives in memory and holds whole files there: for tests, and for trees known to be small. */
export function createMemoryBlobs(): Blobs {
	const contents = new Map<BlobId, Uint8Array>();
	const read = (id: BlobId): Uint8Array => {
		const bytes = contents.get(id);
		if (bytes === undefined) throw new RetakeError("BLOB_NOT_FOUND", `no bytes have the hash ${id}`, { data: { id } });
		return bytes;
	};
	const write = (bytes: Uint8Array): BlobId => {
		const id = sha256(bytes) as BlobId;
		if (!contents.has(id)) contents.set(id, new Uint8Array(bytes));
		return id;
	};
	return {
		read,
		write,
		has: (id) => contents.has(id),
		*chunks(id) {
			const bytes = read(id);
			for (let offset = 0; offset < bytes.length; offset += pieceBytesMax)
				yield bytes.subarray(offset, offset + pieceBytesMax);
		},
		writeChunks(chunks) {
			const bytes = Buffer.concat([...chunks]);
			return { id: write(bytes), size: bytes.length };
		},
		receive() {
			const pieces: Uint8Array[] = [];
			return {
				add: (piece) => void pieces.push(unpackPiece(piece)),
				finish: (id) => void contents.set(id, Buffer.concat(pieces)),
				[Symbol.dispose]: () => undefined,
			};
		},
		together: (body) => body(),
	};
}
