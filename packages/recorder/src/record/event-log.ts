import type { BlobId, ChainHash, Clock, RunId } from "@retake/base";
import type { Durability, EventRecord, Reference, Store } from "@retake/store";
import { pendingBytesMax, pendingEventsMax } from "../recorder-limits.ts";
import { chainNext } from "../trace/chain.ts";
import { encodeEvent } from "../trace/event-codec.ts";
import { referencesOf } from "../trace/event-references.ts";
import { createPayload, type Payload } from "../trace/payload.ts";
import type { StoredEvent } from "../trace/stored-event.ts";
import type { TurnQueue } from "../turn-queue.ts";

/** What an event log works with. */
export interface EventLogParts {
	readonly store: Store;
	readonly runId: RunId;
	readonly clock: Clock;
	/** The hash that the first event follows. */
	readonly chain: ChainHash;
	readonly durability: Durability;
	/** Makes the deliveries: what is pending is written when those that were written before have been made. */
	readonly turns: TurnQueue;
}

/** An event to be written, and who waits for it. */
export interface PendingEvent {
	/** Makes the event; `atMs` is when it is written, milliseconds since the run began. */
	readonly event: (atMs: number) => StoredEvent;
	/** Told when it is safe, in the order in which the events stand. */
	readonly written: (atMs: number) => void;
	/** Told where the store has refused it: it is not in the log. */
	readonly refused: (error: unknown) => void;
	/** Whether nothing else is under way that could share its transaction: it is written at the end of this turn. */
	readonly alone: boolean;
}

interface Waiting extends Pick<PendingEvent, "event"> {
	readonly references: readonly Reference[];
	readonly waiter: Pick<PendingEvent, "written" | "refused"> | null;
}

const noReferences: readonly Reference[] = [];

/**
 * Writes the log of one run: the only writer that it has. Events that come while others are under way are gathered and written in one transaction;
 * each counts as happened when that is safe. What the program has done stands before what it is yet to be handed. The queue is bounded: a full one is
 * written at once, while whoever filled it waits.
 */
export class EventLog {
	readonly #parts: EventLogParts;
	#startedAt: bigint;
	#sequence = 0;
	#chain: ChainHash;
	#done: Waiting[] = [];
	#toDeliver: Waiting[] = [];
	#pendingBytes = 0;
	#isScheduled = false;

	constructor(parts: EventLogParts) {
		this.#parts = parts;
		this.#startedAt = parts.clock.monotonic();
		this.#chain = parts.chain;
	}

	/** Hash of the last event that is written. */
	get chain(): ChainHash {
		return this.#chain;
	}

	/** Milliseconds since the run began. */
	atMs(): number {
		return Math.floor(this.elapsedMs());
	}

	/** Milliseconds since the run began, with fractions. */
	elapsedMs(): number {
		return Number(this.#parts.clock.monotonic() - this.#startedAt) / 1e6;
	}

	/** Goes on from a time of the log that this one continues, milliseconds since that run began: from the next millisecond, since times never go back. */
	continueFrom(atMs: number): void {
		this.#startedAt = this.#parts.clock.monotonic() - BigInt(atMs + 1) * 1_000_000n;
	}

	/** Makes a payload, its bytes kept in the blob store where they are many. */
	payload(bytes: Uint8Array): Payload {
		return createPayload(bytes, (large): BlobId => this.#parts.store.blobs.write(large));
	}

	/** Writes, soon, what the program has done. */
	did({ event, alone, ...waiter }: PendingEvent, bytes: number): void {
		this.#done.push({ event, references: noReferences, waiter });
		this.#gathered(bytes, alone);
	}

	/** Writes, soon, what the program is handed when it is safe. */
	deliver({ event, alone, ...waiter }: PendingEvent, bytes: number): void {
		this.#toDeliver.push({ event, references: noReferences, waiter });
		this.#gathered(bytes, alone);
	}

	/** Writes, with what comes next, an event for which nobody waits, since it lies safe in another run. Throws what the store throws. */
	keep(event: StoredEvent): void {
		this.#done.push({ event: () => event, references: noReferences, waiter: null });
		this.#pendingBytes += payloadSize(event);
		if (this.#isFull) this.flush();
		else this.#schedule();
	}

	/** Writes an event, which keeps what `references` name too, and everything before it. Throws what the store throws. */
	append(event: (atMs: number) => StoredEvent, references: readonly Reference[] = noReferences): void {
		let refusal: { readonly error: unknown } | null = null;
		const waiter = {
			written: () => {},
			refused: (error: unknown) => {
				refusal = { error };
			},
		};
		this.#done.push({ event, references, waiter });
		this.flush();
		if (refusal !== null) throw (refusal as { readonly error: unknown }).error;
	}

	/** Writes everything that is pending, in one transaction. Where the store refuses, all that wait are told, and nothing has happened. Throws then. */
	flush(): void {
		const batch = [...this.#done, ...this.#toDeliver];
		if (batch.length === 0) return;
		this.#done = [];
		this.#toDeliver = [];
		this.#pendingBytes = 0;
		const atMs = this.atMs();
		try {
			this.#write(batch, atMs);
		} catch (error) {
			this.#done = [...batch.filter(({ waiter }) => waiter === null), ...this.#done];
			for (const { waiter } of batch) waiter?.refused(error);
			throw error;
		}
		for (const { waiter } of batch) waiter?.written(atMs);
	}

	#write(batch: readonly Waiting[], atMs: number): void {
		const { store, runId, durability } = this.#parts;
		const records: EventRecord[] = [];
		const references: Reference[] = [];
		let chain = this.#chain;
		for (const { event: make, references: further } of batch) {
			const event = make(atMs);
			const bytes = encodeEvent(event);
			chain = chainNext(chain, bytes);
			records.push({ sequence: this.#sequence + records.length, bytes, chain });
			references.push(...referencesOf(event), ...further);
		}
		store.events.append(runId, records, references, durability);
		this.#sequence += records.length;
		this.#chain = chain;
	}

	get #isFull(): boolean {
		return this.#done.length + this.#toDeliver.length >= pendingEventsMax || this.#pendingBytes >= pendingBytesMax;
	}

	#gathered(bytes: number, alone: boolean): void {
		this.#pendingBytes += bytes;
		if (this.#isFull) this.#flushForWaiters();
		else if (alone && !this.#isScheduled && this.#parts.turns.isIdle) {
			this.#isScheduled = true;
			queueMicrotask(() => {
				this.#isScheduled = false;
				this.#flushForWaiters();
			});
		} else this.#schedule();
	}

	#schedule(): void {
		if (this.#isScheduled) return;
		this.#isScheduled = true;
		this.#parts.turns.push(() => this.#turn());
	}

	#turn(): void {
		this.#isScheduled = false;
		// What was written before is delivered first; what the program does with it shares the transaction.
		if (this.#parts.turns.isIdle) this.#flushForWaiters();
		else this.#schedule();
	}

	#flushForWaiters(): void {
		try {
			this.flush();
		} catch {
			// Those who wait have been told; what nobody waits for is pending again, and fails the next event with it.
		}
	}
}

/** Bytes that an event holds in memory until it is written. */
export function payloadSize(event: StoredEvent): number {
	return "payload" in event && event.payload.kind === "inline" ? event.payload.bytes.byteLength : 0;
}
