import type { ChainHash } from "@retake/base";
import type { CallAddress } from "./event.ts";
import { decodeHeader } from "./header-codec.ts";
import type { RunHeader } from "./run-header.ts";
import type { RunIndex } from "./run-index.ts";
import { StoredCall } from "./stored-call.ts";
import type { TraceCall, TraceEnd } from "./trace.ts";

/** When a call was under way. */
export interface CallPlace {
	readonly address: CallAddress;
	/** Log sequence of its issue. */
	readonly issuedSequence: number;
	/** Log sequence of its end; null while in flight. */
	readonly settledSequence: number | null;
}

/**
 * A run in the store, its chain checked. Calls are read when they are asked for: by their ordinal, which is their place in the order of
 * issue. Throws `TRACE_TAMPERED` where the store no longer holds what was checked.
 */
export class StoredTrace {
	readonly header: RunHeader;
	/** Chain hash of the last event, or of the header where there is none. */
	readonly rootHash: ChainHash;
	/** Whether the log holds the run's end; false for a run that is open or was cut off. */
	readonly complete: boolean;
	readonly #index: RunIndex;

	constructor(index: RunIndex) {
		this.header = decodeHeader(index.run.header);
		this.rootHash = index.rootHash;
		this.complete = !index.cutOff;
		this.#index = index;
	}

	/** How many calls it has. */
	get size(): number {
		return this.#index.calls.size;
	}

	/** Finds the call at an address; null for none. */
	find(address: CallAddress): number | null {
		return this.#index.calls.find(address);
	}

	/** Reads a call. */
	call(ordinal: number): TraceCall {
		return new StoredCall(this.#index, ordinal);
	}

	/** Reads the calls in the order of issue. */
	*calls(): Iterable<TraceCall> {
		for (let ordinal = 0; ordinal < this.size; ordinal++) yield this.call(ordinal);
	}

	/** Says where a call stands, without reading the log. */
	place(ordinal: number): CallPlace {
		const { calls } = this.#index;
		return {
			address: { scope: calls.scope(ordinal), sequence: calls.sequence(ordinal) },
			issuedSequence: calls.issuedAt(ordinal),
			settledSequence: calls.endedAt(ordinal),
		};
	}

	/** Reads the calls that ended, and the markers, in the order of the log. */
	*ends(): Iterable<TraceEnd> {
		const index = this.#index;
		for (let sequence = 0; sequence < index.events; sequence++) {
			const { event } = index.at(sequence);
			if (event.kind === "marker") {
				const { name, atMs } = event;
				yield { kind: "marker", marker: { name, value: index.value(event), atMs, logSequence: sequence } };
			}
			if (event.kind !== "settled" && event.kind !== "cancelled") continue;
			const ordinal = index.calls.find(event.address);
			if (ordinal === null || index.calls.endedAt(ordinal) !== sequence) continue;
			yield { kind: "call", call: this.call(ordinal) };
		}
	}
}
