import { createHash } from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type BlobId, RetakeError, sha256 } from "@retake/base";
import type { Blobs } from "@retake/changeset";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { evenChunks } from "./even-chunks.ts";
import { toColumn } from "./hash-column.ts";
import { storeDamaged } from "./sqlite-failure.ts";
import { chunkBytesMax, compressedRatioMax } from "./store-limits.ts";

interface BlobRow {
	readonly id: number;
	readonly size: number;
}

interface ChunkRow {
	readonly encoding: 0 | 1;
	readonly bytes: Buffer;
}

/** The smallest output buffer that zlib takes, bytes. */
const outputBytesMin = 64;
const compression = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Keeps contents by their hash, in rows of at most 1 MiB, compressed where that helps. */
export class BlobTable implements Blobs {
	readonly #connection: Connection;
	readonly #find: Database.Statement<[Buffer], BlobRow>;
	readonly #touch: Database.Statement;
	readonly #insert: Database.Statement;
	readonly #finish: Database.Statement;
	readonly #insertChunk: Database.Statement;
	#zeroChunk: Uint8Array | null = null;
	readonly #chunk: Database.Statement<[number, number], ChunkRow>;

	constructor(connection: Connection) {
		const { database } = connection;
		this.#connection = connection;
		this.#find = database.prepare("SELECT id, size FROM blob WHERE hash = ?");
		this.#touch = database.prepare("UPDATE blob SET written_at = max(written_at, ?) WHERE id = ?");
		this.#insert = database.prepare("INSERT INTO blob (hash, size, written_at) VALUES (?, ?, ?)");
		this.#finish = database.prepare("UPDATE blob SET hash = ?, size = ? WHERE id = ?");
		this.#insertChunk = database.prepare("INSERT INTO blob_chunk VALUES (?, ?, ?, ?)");
		this.#chunk = database.prepare("SELECT encoding, bytes FROM blob_chunk WHERE blob = ? AND ordinal = ?");
	}

	has(id: BlobId): boolean {
		return this.#connection.guard(() => this.#find.get(toColumn(id)) !== undefined);
	}

	read(id: BlobId): Uint8Array {
		const pieces = [...this.chunks(id)];
		const bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
		return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}

	*chunks(id: BlobId): Iterable<Uint8Array> {
		const row = this.#connection.guard(() => this.#find.get(toColumn(id)));
		if (row === undefined) throw blobNotFound(id);
		const digest = createHash("sha256");
		let remaining = row.size;
		for (let ordinal = 0; remaining > 0; ordinal++) {
			const bytes = this.#readChunk(id, row, ordinal);
			digest.update(bytes);
			remaining -= bytes.byteLength;
			// The last piece is handed out only once the whole is known to be what was asked for.
			if (remaining <= 0 && digest.digest("hex") !== id) throw this.#damaged(id, "has other bytes than its name");
			yield bytes;
		}
	}

	write(bytes: Uint8Array): BlobId {
		const id = sha256(bytes) as BlobId;
		this.#connection.atomically(() => {
			if (this.#keepExisting(id)) return;
			const blob = this.#insert.run(toColumn(id), bytes.byteLength, this.#connection.clock.now()).lastInsertRowid;
			for (let ordinal = 0; ordinal * chunkBytesMax < bytes.byteLength; ordinal++) {
				const start = ordinal * chunkBytesMax;
				this.#writeChunk(blob, ordinal, bytes.subarray(start, start + chunkBytesMax));
			}
		});
		return id;
	}

	writeChunks(chunks: Iterable<Uint8Array>): { readonly id: BlobId; readonly size: number } {
		const rows = evenChunks(chunks, chunkBytesMax);
		const first = rows.next().value ?? new Uint8Array();
		if (first.byteLength < chunkBytesMax) return { id: this.write(first), size: first.byteLength };
		return this.#connection.atomically(() => this.#writeStream(first, rows));
	}

	together<Value>(body: () => Value): Value {
		return this.#connection.atomically(body);
	}

	#writeStream(first: Uint8Array, rest: Iterable<Uint8Array>): { readonly id: BlobId; readonly size: number } {
		const kept = { id: "" as BlobId, size: 0 };
		const known = new Error("the bytes are kept already");
		const digest = createHash("sha256");
		try {
			// A savepoint of its own: the name is known only at the end, and then the rows may turn out to be there already.
			this.#connection.atomically(() => {
				const placeholder = toColumn(sha256(Buffer.from(`${this.#connection.clock.monotonic()} is being written`)));
				const blob = this.#insert.run(placeholder, 0, this.#connection.clock.now()).lastInsertRowid;
				let ordinal = 0;
				const add = (piece: Uint8Array): void => {
					digest.update(piece);
					this.#writeChunk(blob, ordinal++, piece);
					kept.size += piece.byteLength;
				};
				add(first);
				for (const piece of rest) add(piece);
				kept.id = digest.digest("hex") as BlobId;
				if (this.#keepExisting(kept.id)) throw known;
				this.#finish.run(toColumn(kept.id), kept.size, blob);
			});
		} catch (error) {
			if (error !== known) throw error;
			this.#keepExisting(kept.id);
		}
		return kept;
	}

	/** Tells whether the bytes are there, and marks them as wanted now, so that they are not collected under the writer. */
	#keepExisting(id: BlobId): boolean {
		const row = this.#find.get(toColumn(id));
		if (row !== undefined) this.#touch.run(this.#connection.clock.now(), row.id);
		return row !== undefined;
	}

	#writeChunk(blob: number | bigint, ordinal: number, bytes: Uint8Array): void {
		// What helps fits in as many bytes as there are: a larger buffer for each of many small files keeps the collector busy.
		const chunkSize = Math.max(bytes.byteLength, outputBytesMin);
		const options = { ...compression, chunkSize };
		// Those of a sparse file's holes may be thousands, all the same.
		const isZero = isZeroChunk(bytes);
		const compressed = (isZero ? this.#zeroChunk : null) ?? zstdCompressSync(bytes, options);
		if (isZero) this.#zeroChunk = compressed;
		const helps = compressed.byteLength <= bytes.byteLength * compressedRatioMax;
		this.#insertChunk.run(blob, ordinal, helps ? 1 : 0, helps ? compressed : bytes);
	}

	#readChunk(id: BlobId, blob: BlobRow, ordinal: number): Uint8Array {
		const row = this.#connection.guard(() => this.#chunk.get(blob.id, ordinal));
		if (row === undefined) throw this.#damaged(id, `lacks piece ${ordinal}`);
		if (row.encoding === 0) return row.bytes;
		try {
			return zstdDecompressSync(row.bytes, { maxOutputLength: chunkBytesMax });
		} catch (error) {
			throw this.#damaged(id, `has a piece ${ordinal} that cannot be unpacked`, error);
		}
	}

	#damaged(id: BlobId, finding: string, cause?: unknown): RetakeError {
		return storeDamaged(this.#connection.directory, `blob ${id} ${finding}`, cause);
	}
}

const zeroChunk = Buffer.alloc(chunkBytesMax);

function isZeroChunk(bytes: Uint8Array): boolean {
	return bytes.byteLength === chunkBytesMax && zeroChunk.equals(bytes);
}

function blobNotFound(id: BlobId): RetakeError {
	return new RetakeError("BLOB_NOT_FOUND", `the store holds no bytes with the hash ${id}`, { data: { id } });
}
