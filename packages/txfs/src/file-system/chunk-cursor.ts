/**
 * Reads ranges of bytes that come in chunks, holding one chunk at a time. Reading onwards goes on where the last range ended;
 * reading backwards starts over.
 */
export class ChunkCursor {
	readonly #open: () => Iterable<Uint8Array>;
	#chunks: Iterator<Uint8Array> | null = null;
	#chunk: Uint8Array = new Uint8Array();
	/** Where the chunk begins. */
	#start = 0;

	constructor(open: () => Iterable<Uint8Array>) {
		this.#open = open;
	}

	/** Fills `target` with the bytes from `position` on and returns how many there were. */
	read(target: Uint8Array, position: number): number {
		if (this.#chunks === null || position < this.#start) this.#startOver();
		let filled = 0;
		while (filled < target.length) {
			const from = position + filled - this.#start;
			if (from >= this.#chunk.length) {
				if (!this.#advance()) break;
				continue;
			}
			const part = this.#chunk.subarray(from, from + target.length - filled);
			target.set(part, filled);
			filled += part.length;
		}
		return filled;
	}

	/** Lets go of the chunk and of what it was read from. */
	close(): void {
		this.#chunks?.return?.();
		this.#chunks = null;
		this.#chunk = new Uint8Array();
	}

	#startOver(): void {
		this.close();
		this.#chunks = this.#open()[Symbol.iterator]();
		this.#start = 0;
	}

	#advance(): boolean {
		const next = this.#chunks?.next();
		if (next === undefined || next.done === true) return false;
		this.#start += this.#chunk.length;
		this.#chunk = next.value;
		return true;
	}
}
