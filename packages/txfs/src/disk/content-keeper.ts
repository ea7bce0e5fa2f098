import { Worker } from "node:worker_threads";
import type { BlobId } from "@retake/base";
import type { BlobPiece, BlobWriter, DataExtent } from "@retake/changeset";
import { sparseChunks } from "./sparse-file.ts";

/** A file from this size on is read, hashed and compressed by a thread: below, a message costs more than it saves. Bytes. */
export const largeFileBytesMin = 4 * 1024 * 1024;

/** Pieces that the thread may be ahead of whoever keeps them. */
const piecesAheadMax = 4;

/** Mebibytes that the thread may keep besides the pieces. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 32 };

/** What the thread is started with. */
export interface ContentThreadData {
	/** One number: the pieces that it has sent and nobody has kept yet. */
	readonly ahead: Int32Array<SharedArrayBuffer>;
	readonly piecesAheadMax: number;
}

/** An open file. Descriptors are shared by the threads of a process. */
export interface ContentRequest {
	readonly descriptor: number;
	/** Bytes. */
	readonly size: number;
	/** Where the file has data; null where it has no holes, or nobody knows. */
	readonly extents: readonly DataExtent[] | null;
}

/** What the thread answers: the pieces of a file in order, and then its hash, or why there is none. */
export type ContentAnswer =
	| { readonly kind: "piece"; readonly piece: BlobPiece }
	| ({ readonly kind: "read" } & KeptContent)
	| { readonly kind: "failed"; readonly error: unknown };

/** A content that is kept. */
export interface KeptContent {
	readonly id: BlobId;
	readonly size: number;
}

/** Keeps contents of files, one at a time: small ones at once, large ones by a thread, so that other work goes on meanwhile. */
export class ContentKeeper implements AsyncDisposable {
	readonly #blobs: BlobWriter;
	readonly #ahead = new Int32Array(new SharedArrayBuffer(4));
	#thread: Worker | null = null;

	constructor(blobs: BlobWriter) {
		this.#blobs = blobs;
	}

	/** Reads a file and keeps it before it returns. */
	keep({ descriptor, size, extents }: ContentRequest): KeptContent {
		return this.#blobs.writeChunks(sparseChunks(descriptor, size, extents));
	}

	/** Has a file read by the thread. The descriptor stays open until the promise is settled. */
	async keepByThread(request: ContentRequest): Promise<KeptContent> {
		const thread = (this.#thread ??= this.#start());
		using receiver = this.#blobs.receive();
		const { promise, resolve, reject } = Promise.withResolvers<KeptContent>();
		const take = (answer: ContentAnswer): void => {
			try {
				if (answer.kind === "failed") throw answer.error;
				if (answer.kind === "read") return resolve(answer);
				receiver.add(answer.piece);
				Atomics.sub(this.#ahead, 0, 1);
				Atomics.notify(this.#ahead, 0);
			} catch (error) {
				reject(error);
			}
		};
		const ended = (): void => reject(new Error("the thread that reads contents has ended"));
		thread.on("message", take).on("error", reject).on("exit", ended);
		try {
			thread.postMessage(request);
			const { id, size } = await promise;
			receiver.finish(id, size);
			return { id, size };
		} catch (error) {
			// It may still be reading the descriptor, which the caller is about to close.
			await this[Symbol.asyncDispose]();
			throw error;
		} finally {
			thread.off("message", take).off("error", reject).off("exit", ended);
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const thread = this.#thread;
		this.#thread = null;
		Atomics.store(this.#ahead, 0, 0);
		await thread?.terminate();
	}

	#start(): Worker {
		const workerData: ContentThreadData = { ahead: this.#ahead, piecesAheadMax };
		// What runs from its sources is TypeScript; what is published is not.
		const file = import.meta.url.endsWith(".ts") ? "./content-thread.ts" : "./content-thread.js";
		return new Worker(new URL(file, import.meta.url), { workerData, resourceLimits, trackUnmanagedFds: false });
	}
}
