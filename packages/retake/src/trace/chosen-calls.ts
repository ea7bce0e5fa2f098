import type { CallPlace, StoredTrace, TraceCall } from "@retake/recorder";

/** Calls of a run that are shown, in the order of issue. Each is read from the store when it is come to; they may be gone through again. */
export class ChosenCalls implements Iterable<TraceCall> {
	readonly length: number;
	readonly #trace: StoredTrace;
	/** By ordinal; null for all. */
	readonly #chosen: Uint8Array | null;

	/** Takes the ordinals of the calls; null for all. */
	constructor(trace: StoredTrace, ordinals: Iterable<number> | null) {
		this.#trace = trace;
		this.#chosen = ordinals === null ? null : new Uint8Array(trace.size);
		let length = 0;
		for (const ordinal of ordinals ?? []) {
			if (this.#chosen !== null) this.#chosen[ordinal] = 1;
			length++;
		}
		this.length = ordinals === null ? trace.size : length;
	}

	*[Symbol.iterator](): Iterator<TraceCall> {
		for (const ordinal of this.#ordinals()) yield this.#trace.call(ordinal);
	}

	/** Where they stand in the run, for which nothing is read; may be gone through again. */
	get places(): Iterable<CallPlace> {
		const trace = this.#trace;
		const ordinals = () => this.#ordinals();
		return {
			*[Symbol.iterator]() {
				for (const ordinal of ordinals()) yield trace.place(ordinal);
			},
		};
	}

	*#ordinals(): Iterable<number> {
		for (let ordinal = 0; ordinal < this.#trace.size; ordinal++) {
			if (this.#chosen === null || this.#chosen[ordinal] === 1) yield ordinal;
		}
	}
}

/** Reads a run's calls and lists the ordinals of those that pass. */
export function* ordinalsOf(trace: StoredTrace, passes: (call: TraceCall) => boolean): Iterable<number> {
	for (let ordinal = 0; ordinal < trace.size; ordinal++) if (passes(trace.call(ordinal))) yield ordinal;
}
