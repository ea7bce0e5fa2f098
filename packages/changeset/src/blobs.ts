import type { BlobId } from "@retake/base";
import type { BlobPiece } from "./blob-piece.ts";

/** Reads file contents by their hash. */
export interface BlobReader {
	/** Returns all bytes. Throws `BLOB_NOT_FOUND`. For contents known to be small; else use `chunks`. */
	read(id: BlobId): Uint8Array;
	/** Yields the bytes in order, at most 1 MiB at a time. Throws `BLOB_NOT_FOUND`. */
	chunks(id: BlobId): Iterable<Uint8Array>;
	/** Tells whether the bytes are there. */
	has(id: BlobId): boolean;
}

/** Keeps file contents under their hash. Writing the same bytes twice keeps them once. */
export interface BlobWriter {
	/** Keeps the bytes and returns their hash. */
	write(bytes: Uint8Array): BlobId;
	/** Keeps all the chunks' bytes as one, at most 1 MiB of them in memory, and returns hash and size. */
	writeChunks(chunks: Iterable<Uint8Array>): { readonly id: BlobId; readonly size: number };
	/** Begins a content that comes piece by piece, with other writes in between. */
	receive(): BlobReceiver;
	/** Runs `body`, whose writes are kept together, at the cost of one; where it throws, none of them need be kept. */
	together<Value>(body: () => Value): Value;
}

/** Takes a content piece by piece. Disposed before it is finished, nothing of it stays. */
export interface BlobReceiver extends Disposable {
	/** Takes the next piece. All but the last are of `pieceBytesMax` bytes before they were packed. */
	add(piece: BlobPiece): void;
	/** Keeps the whole under the hash of its bytes, which the caller has computed; `size` in bytes. */
	finish(id: BlobId, size: number): void;
}

/** Both sides of the blob store. */
export interface Blobs extends BlobReader, BlobWriter {}
