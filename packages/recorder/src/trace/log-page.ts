import type { ChainHash } from "@retake/base";

/** The bytes of an event and the chain after it. */
export interface PageRecord {
	readonly bytes: Uint8Array;
	readonly chain: ChainHash;
}

/** Events of a log that follow one another, as bytes one behind the other. What it holds is overwritten when it becomes another page. */
export class LogPage {
	/** Which page of the log it is; null for none. */
	number: number | null = null;
	#bytes = Buffer.alloc(0);
	/** Where each event ends. */
	readonly #ends: number[] = [];
	readonly #chains: ChainHash[] = [];

	get length(): number {
		return this.#ends.length;
	}

	clear(): void {
		this.number = null;
		this.#ends.length = 0;
		this.#chains.length = 0;
	}

	add(bytes: Uint8Array, chain: ChainHash): void {
		const start = this.#ends.at(-1) ?? 0;
		const end = start + bytes.byteLength;
		if (end > this.#bytes.byteLength) {
			const larger = Buffer.alloc(2 * end);
			larger.set(this.#bytes.subarray(0, start));
			this.#bytes = larger;
		}
		this.#bytes.set(bytes, start);
		this.#ends.push(end);
		this.#chains.push(chain);
	}

	/** Returns the bytes of an event, for as long as it is this page, and the chain after it; null where it has no such event. */
	record(place: number): PageRecord | null {
		const [end, chain] = [this.#ends[place], this.#chains[place]];
		if (end === undefined || chain === undefined) return null;
		return { bytes: this.#bytes.subarray(this.#ends[place - 1] ?? 0, end), chain };
	}
}
