import { createHash, randomBytes } from "node:crypto";
import { type BlobId, isRetakeError, RetakeError, sha256 } from "@retake/base";
import {
	type BlobPiece,
	type BlobReceiver,
	type Blobs,
	evenChunks,
	PiecePacker,
	pieceBytesMax,
	unpackPiece,
} from "@retake/changeset";
import type Database from "better-sqlite3";
import type { Connection } from "./connection.ts";
import { toColumn } from "./hash-column.ts";
import { storeDamaged } from "./sqlite-failure.ts";

interface BlobRow {
	readonly id: number;
	readonly size: number;
}

/** Keeps contents by their hash, in rows of at most 1 MiB, compressed where that helps. */
export class BlobTable implements Blobs {
	readonly #connection: Connection;
	readonly #find: Database.Statement<[Buffer], BlobRow>;
	readonly #touch: Database.Statement;
	readonly #insert: Database.Statement;
	readonly #finish: Database.Statement;
	readonly #insertChunk: Database.Statement;
	readonly #delete: Database.Statement;
	readonly #packer = new PiecePacker();
	readonly #chunk: Database.Statement<[number, number], BlobPiece>;

	constructor(connection: Connection) {
		const { database } = connection;
		this.#connection = connection;
		this.#find = database.prepare("SELECT id, size FROM blob WHERE hash = ?");
		this.#touch = database.prepare("UPDATE blob SET written_at = max(written_at, ?) WHERE id = ?");
		this.#insert = database.prepare("INSERT INTO blob (hash, size, written_at) VALUES (?, ?, ?)");
		this.#finish = database.prepare("UPDATE blob SET hash = ?, size = ?, written_at = ? WHERE id = ?");
		this.#delete = database.prepare("DELETE FROM blob WHERE id = ?");
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
			for (let ordinal = 0; ordinal * pieceBytesMax < bytes.byteLength; ordinal++) {
				const start = ordinal * pieceBytesMax;
				this.#keepPiece(blob, ordinal, this.#packer.pack(bytes.subarray(start, start + pieceBytesMax)));
			}
		});
		return id;
	}

	writeChunks(chunks: Iterable<Uint8Array>): { readonly id: BlobId; readonly size: number } {
		const rows = evenChunks(chunks, pieceBytesMax);
		const first = rows.next().value ?? new Uint8Array();
		if (first.byteLength < pieceBytesMax) return { id: this.write(first), size: first.byteLength };
		return this.#connection.atomically(() => this.#writeStream(first, rows));
	}

	together<Value>(body: () => Value): Value {
		return this.#connection.atomically(body);
	}

	receive(): BlobReceiver {
		let ordinal = 0;
		let isFinished = false;
		// Its name is known only at the end. Whoever is killed before leaves a row that nothing refers to.
		const blob = this.#connection.guard(() => {
			return this.#insert.run(randomBytes(32), 0, this.#connection.clock.now()).lastInsertRowid;
		});
		return {
			add: (piece) => {
				const place = ordinal++;
				this.#connection.guard(() => this.#keepPiece(blob, place, piece));
			},
			finish: (id, size) => {
				this.#connection.atomically(() => {
					if (this.#keepExisting(id)) this.#delete.run(blob);
					else this.#finish.run(toColumn(id), size, this.#connection.clock.now(), blob);
				});
				isFinished = true;
			},
			[Symbol.dispose]: () => {
				if (!isFinished) this.#discard(blob);
			},
		};
	}

	#discard(blob: number | bigint): void {
		try {
			this.#connection.guard(() => this.#delete.run(blob));
		} catch (error) {
			// On a full disk nothing can be deleted either: like what a killed process left, it is garbage until the next collection.
			if (!isRetakeError(error)) throw error;
		}
	}

	#writeStream(first: Uint8Array, rest: Iterable<Uint8Array>): { readonly id: BlobId; readonly size: number } {
		using receiver = this.receive();
		const digest = createHash("sha256");
		let size = 0;
		const add = (piece: Uint8Array): void => {
			digest.update(piece);
			receiver.add(this.#packer.pack(piece));
			size += piece.byteLength;
		};
		add(first);
		for (const piece of rest) add(piece);
		const id = digest.digest("hex") as BlobId;
		receiver.finish(id, size);
		return { id, size };
	}

	/** Tells whether the bytes are there, and marks them as wanted now, so that they are not collected under the writer. */
	#keepExisting(id: BlobId): boolean {
		const row = this.#find.get(toColumn(id));
		if (row !== undefined) this.#touch.run(this.#connection.clock.now(), row.id);
		return row !== undefined;
	}

	#keepPiece(blob: number | bigint, ordinal: number, { encoding, bytes }: BlobPiece): void {
		this.#insertChunk.run(blob, ordinal, encoding, bytes);
	}

	#readChunk(id: BlobId, blob: BlobRow, ordinal: number): Uint8Array {
		const row = this.#connection.guard(() => this.#chunk.get(blob.id, ordinal));
		if (row === undefined) throw this.#damaged(id, `lacks piece ${ordinal}`);
		try {
			return unpackPiece(row);
		} catch (error) {
			throw this.#damaged(id, `has a piece ${ordinal} that cannot be unpacked`, error);
		}
	}

	#damaged(id: BlobId, finding: string, cause?: unknown): RetakeError {
		return storeDamaged(this.#connection.directory, `blob ${id} ${finding}`, cause);
	}
}

function blobNotFound(id: BlobId): RetakeError {
	return new RetakeError("BLOB_NOT_FOUND", `the store holds no bytes with the hash ${id}`, { data: { id } });
}
