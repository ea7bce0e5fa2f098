import { availableParallelism } from "node:os";
import type { LayerWriter } from "../overlay/layer-writer.ts";
import type { FileReading } from "./copy-file.ts";
import { CopyThreads, type CopyThreadsOptions } from "./copy-threads.ts";
import { FileBringer, type FileRequest } from "./file-bringer.ts";
import type { LivePlaces } from "./live-places.ts";

/** Files read by one snapshot before threads are started for the rest: they take as long to start as a thousand files to copy. */
export const inlineFilesMax = 2_000;

/** Bytes read by one snapshot before threads are started for the rest. A larger file would keep the caller from hearing a signal. */
export const inlineBytesMax = 32 * 1024 * 1024;

/** Threads of one snapshot at most, beside the caller's own: each takes some 35 MB, and the file system does not take more at once. */
const threadsMax = 3;

/** Bytes that the caller's own thread reads in one go while the others are busy. */
const inlineTurnBytesMax = 4 * 1024 * 1024;

/** What live files are brought with. */
export interface LiveFilesOptions extends Omit<CopyThreadsOptions, "threads"> {
	readonly places: LivePlaces;
	readonly writer: LayerWriter;
}

/** Reads live files into a layer: on the caller's own thread while they are few and small, then on others. */
export class LiveFiles implements AsyncDisposable {
	readonly #options: LiveFilesOptions;
	readonly #inline: FileBringer;
	#threads: CopyThreads | null = null;
	#files = 0;
	#bytes = 0;

	constructor(options: LiveFilesOptions) {
		this.#options = options;
		this.#inline = new FileBringer(options.places, options.writer, () => options.signal?.aborted === true);
	}

	/** Returns the readings in the order of the requests. Throws `DISK_FULL`, `INTERRUPTED`. */
	async bring(requests: readonly FileRequest[]): Promise<readonly FileReading[]> {
		if (requests.length === 0) return [];
		let bytes = 0;
		for (const { size } of requests) bytes += size;
		this.#files += requests.length;
		this.#bytes += bytes;
		const isMuch = this.#files > inlineFilesMax || this.#bytes > inlineBytesMax;
		if (isMuch) this.#threads ??= new CopyThreads({ ...this.#options, threads: threadCount() });
		const isLeftToOthers = this.#threads !== null && (bytes > inlineTurnBytesMax || !this.#threads.hasWaiting);
		if (this.#threads === null || !isLeftToOthers) return requests.map((request) => this.#inline.bring(request));
		const { writer } = this.#options;
		const brought = await this.#threads.bring(requests);
		return brought.map(({ reading, staged }, index) => {
			const request = requests[index];
			if (staged !== null && request !== undefined) writer.adoptFile(request.path, staged);
			return reading;
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#threads?.[Symbol.asyncDispose]();
	}
}

/** One core is the caller's. */
function threadCount(): number {
	return Math.max(1, Math.min(threadsMax, availableParallelism() - 1));
}
