import type { BlobId, ChainHash, Clock, RunId } from "@retake/base";
import type { Durability, Reference, Store } from "@retake/store";
import { chainNext } from "../trace/chain.ts";
import { encodeEvent } from "../trace/event-codec.ts";
import { referencesOf } from "../trace/event-references.ts";
import { createPayload, type Payload } from "../trace/payload.ts";
import type { StoredEvent } from "../trace/stored-event.ts";

/** Writes the log of one run: numbers events, chains them, and hands each to the store before it counts as happened. */
export class EventLog {
	readonly #store: Store;
	readonly #runId: RunId;
	readonly #clock: Clock;
	readonly #durability: Durability;
	#startedAt: bigint;
	#sequence = 0;
	#chain: ChainHash;

	constructor(store: Store, runId: RunId, clock: Clock, chain: ChainHash, durability: Durability) {
		this.#durability = durability;
		this.#store = store;
		this.#runId = runId;
		this.#clock = clock;
		this.#startedAt = clock.monotonic();
		this.#chain = chain;
	}

	/** Hash of the last event. */
	get chain(): ChainHash {
		return this.#chain;
	}

	/** Milliseconds since the run began. */
	atMs(): number {
		return Math.floor(this.elapsedMs());
	}

	/** Milliseconds since the run began, with fractions. */
	elapsedMs(): number {
		return Number(this.#clock.monotonic() - this.#startedAt) / 1e6;
	}

	/** Goes on from a time of the log that this one continues, milliseconds since that run began: from the next millisecond, since times never go back. */
	continueFrom(atMs: number): void {
		this.#startedAt = this.#clock.monotonic() - BigInt(atMs + 1) * 1_000_000n;
	}

	/** Makes a payload, its bytes kept in the blob store where they are many. */
	payload(bytes: Uint8Array): Payload {
		return createPayload(bytes, (large): BlobId => this.#store.blobs.write(large));
	}

	/** Appends one event, which keeps what it names and what `further` does. Where the store refuses, nothing has happened and the next event takes its place. */
	append(event: StoredEvent, further: readonly Reference[] = []): void {
		const bytes = encodeEvent(event);
		const chain = chainNext(this.#chain, bytes);
		this.#store.events.append(
			this.#runId,
			[{ sequence: this.#sequence, bytes, chain }],
			[...referencesOf(event), ...further],
			this.#durability,
		);
		this.#sequence++;
		this.#chain = chain;
	}
}
