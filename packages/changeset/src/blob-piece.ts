import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Bytes of a content that are kept as one piece; only the last piece of a content has fewer. */
export const pieceBytesMax = 1024 * 1024;

/** Compressed pieces are kept only where they are at most this part of the bytes. */
const compressedRatioMax = 0.9;

/** The smallest output buffer that zlib takes, bytes. */
const outputBytesMin = 64;

const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const zeros = Buffer.alloc(pieceBytesMax);

/** A piece of a content as it is kept: `encoding` 0 as it is, 1 compressed by zstd. */
export interface BlobPiece {
	readonly encoding: 0 | 1;
	readonly bytes: Uint8Array;
}

/** Makes pieces of bytes. */
export class PiecePacker {
	#zeros: Uint8Array | null = null;

	/** Compresses a piece where that helps. */
	pack(bytes: Uint8Array): BlobPiece {
		// Those of a sparse file's holes may be thousands, all the same.
		const isZero = bytes.byteLength === pieceBytesMax && zeros.equals(bytes);
		const compressed = (isZero ? this.#zeros : null) ?? compress(bytes);
		if (isZero) this.#zeros = compressed;
		const helps = compressed.byteLength <= bytes.byteLength * compressedRatioMax;
		return { encoding: helps ? 1 : 0, bytes: helps ? compressed : bytes };
	}
}

/** Returns the bytes of a piece. Throws what zlib throws for bytes that are no piece. */
export function unpackPiece({ encoding, bytes }: BlobPiece): Uint8Array {
	return encoding === 0 ? bytes : zstdDecompressSync(bytes, { maxOutputLength: pieceBytesMax });
}

function compress(bytes: Uint8Array): Uint8Array {
	// What helps fits in as many bytes as there are: a larger buffer for each of many small files keeps the collector busy.
	return zstdCompressSync(bytes, { ...compression, chunkSize: Math.max(bytes.byteLength, outputBytesMin) });
}
