import { Worker } from "node:worker_threads";
import { type ErrorCode, RetakeError } from "@retake/base";
import type { TreeOwner } from "../layer-space.ts";
import type { FileReading } from "./copy-file.ts";
import type { FileRequest } from "./file-bringer.ts";

/** What every thread is started with. Descriptors are shared by the threads of a process. */
export interface CopyThreadData {
	readonly root: number;
	/** The layer's directory, absolute. */
	readonly layer: string;
	/** Whether files go straight to their place in the layer; else they are put beside it. */
	readonly isFresh: boolean;
	readonly owner: TreeOwner | null;
	/** Not 0 once the work is to stop. */
	readonly cancelled: Int32Array<SharedArrayBuffer>;
	/** Tells the threads of a snapshot apart. */
	readonly number: number;
}

/** One file of a thread's answer: `staged` is where its copy lies where that is not its place yet. */
export interface BroughtFile {
	readonly reading: FileReading;
	readonly staged: string | null;
}

/** What a thread answers. */
export type CopyAnswer =
	| { readonly kind: "brought"; readonly files: readonly BroughtFile[] }
	| { readonly kind: "failed"; readonly code: ErrorCode | null; readonly message: string; readonly remedy?: string };

/** How threads are started. */
export interface CopyThreadsOptions extends Omit<CopyThreadData, "cancelled" | "number"> {
	readonly threads: number;
	readonly signal: AbortSignal | undefined;
}

interface Job {
	readonly requests: readonly FileRequest[];
	readonly resolve: (files: readonly BroughtFile[]) => void;
	readonly reject: (error: unknown) => void;
}

/** Mebibytes that a thread may keep: it holds a list of files and a chunk of one of them. */
const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 48 };

/** Threads that read live files. They live as long as their owner and stop between two chunks of a file when the signal aborts. */
export class CopyThreads implements AsyncDisposable {
	readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));
	readonly #idle: Worker[] = [];
	readonly #all: Worker[] = [];
	readonly #busy = new Map<Worker, Job>();
	readonly #waiting: Job[] = [];
	readonly #signal: AbortSignal | undefined;
	readonly #cancel = (): void => {
		Atomics.store(this.#cancelled, 0, 1);
	};

	constructor({ root, layer, isFresh, owner, threads, signal }: CopyThreadsOptions) {
		this.#signal = signal;
		if (signal?.aborted) this.#cancel();
		signal?.addEventListener("abort", this.#cancel, { once: true });
		for (let number = 0; number < threads; number++) {
			const workerData: CopyThreadData = { root, layer, isFresh, owner, cancelled: this.#cancelled, number };
			// What runs from its sources is TypeScript; what is published is not.
			const file = import.meta.url.endsWith(".ts") ? "./copy-thread.ts" : "./copy-thread.js";
			// Descriptors come from our own system calls, of which Node knows nothing.
			const worker = new Worker(new URL(file, import.meta.url), {
				workerData,
				resourceLimits,
				trackUnmanagedFds: false,
			});
			worker.on("message", (answer: CopyAnswer) => this.#settle(worker, answer));
			worker.on("error", (error) => this.#fail(worker, error));
			this.#all.push(worker);
			this.#idle.push(worker);
		}
	}

	/** Whether there is work that no thread has begun. */
	get hasWaiting(): boolean {
		return this.#waiting.length > 0;
	}

	/** Returns what became of each file. Throws `DISK_FULL`, `INTERRUPTED`. */
	bring(requests: readonly FileRequest[]): Promise<readonly BroughtFile[]> {
		const { promise, resolve, reject } = Promise.withResolvers<readonly BroughtFile[]>();
		this.#waiting.push({ requests, resolve, reject });
		this.#next();
		return promise;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#signal?.removeEventListener("abort", this.#cancel);
		this.#cancel();
		for (const { reject } of this.#waiting.splice(0)) reject(new RetakeError("INTERRUPTED", "the snapshot has ended"));
		await Promise.all(
			this.#all.map(async (worker) => {
				const ended = new Promise((resolve) => worker.once("exit", resolve));
				worker.postMessage("end");
				await ended;
			}),
		);
	}

	#next(): void {
		while (this.#idle.length > 0 && this.#waiting.length > 0) {
			const worker = this.#idle.pop() as Worker;
			const job = this.#waiting.shift() as Job;
			this.#busy.set(worker, job);
			worker.postMessage(job.requests);
		}
	}

	#settle(worker: Worker, answer: CopyAnswer): void {
		const job = this.#busy.get(worker);
		this.#busy.delete(worker);
		this.#idle.push(worker);
		if (answer.kind === "brought") job?.resolve(answer.files);
		else job?.reject(toError(answer));
		this.#next();
	}

	#fail(worker: Worker, error: unknown): void {
		this.#busy.get(worker)?.reject(error);
		this.#busy.delete(worker);
		this.#all.splice(this.#all.indexOf(worker), 1);
		if (this.#all.length === 0) for (const { reject } of this.#waiting.splice(0)) reject(error);
	}
}

function toError({ code, message, remedy }: Extract<CopyAnswer, { kind: "failed" }>): Error {
	if (code === null) return new Error(message);
	return new RetakeError(code, message, remedy === undefined ? {} : { remedy });
}
