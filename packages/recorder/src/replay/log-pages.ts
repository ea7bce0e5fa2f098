import type { ChainHash, RunId } from "@retake/base";
import type { RunRecord, Store } from "@retake/store";
import { logPageEvents, logPagesMax } from "../recorder-limits.ts";
import type { StoredEvent } from "../trace/stored-event.ts";
import { chainedEvents, tampered } from "../trace/verified-events.ts";

/** An event of the log and the chain after it. */
export interface LoggedEvent {
	/** Brought to the present version. */
	readonly event: StoredEvent;
	readonly chain: ChainHash;
}

/** What of a log stays in memory: where its pages begin, by the chain. */
export interface LogOutline {
	/** How many events it had when it was checked. */
	readonly events: number;
	/** The chain before the first event of each page, and at last the root hash. */
	readonly pageChains: readonly ChainHash[];
}

/**
 * Reads a log that was checked before, page by page, and keeps the few pages that were used last. Each page must still be, by the chain, what
 * was checked.
 */
export class LogPages {
	readonly #store: Store;
	readonly #run: RunRecord;
	readonly #outline: LogOutline;
	readonly #upgrade: (event: StoredEvent) => StoredEvent;
	/** By number; the one used last stands last. */
	readonly #pages = new Map<number, readonly LoggedEvent[]>();

	constructor(store: Store, run: RunRecord, outline: LogOutline, upgrade: (event: StoredEvent) => StoredEvent) {
		this.#store = store;
		this.#run = run;
		this.#outline = outline;
		this.#upgrade = upgrade;
	}

	/** Returns the event of this sequence, which the log has. Throws `TRACE_TAMPERED` where the store no longer holds what was checked. */
	at(sequence: number): LoggedEvent {
		const number = Math.floor(sequence / logPageEvents);
		const event = this.#page(number)[sequence - number * logPageEvents];
		if (event === undefined) throw changedSince(this.#run.runId, sequence);
		return event;
	}

	#page(number: number): readonly LoggedEvent[] {
		const known = this.#pages.get(number);
		if (known !== undefined) {
			this.#pages.delete(number);
			this.#pages.set(number, known);
			return known;
		}
		for (const [oldest] of this.#pages) {
			if (this.#pages.size < logPagesMax) break;
			this.#pages.delete(oldest);
		}
		const page = this.#read(number);
		this.#pages.set(number, page);
		return page;
	}

	#read(number: number): readonly LoggedEvent[] {
		const { events, pageChains } = this.#outline;
		const first = number * logPageEvents;
		const until = Math.min(first + logPageEvents, events);
		const [chain, chainAfter] = pageChains.slice(number, number + 2);
		if (chain === undefined) throw changedSince(this.#run.runId, first);
		const page: LoggedEvent[] = [];
		for (const read of chainedEvents(this.#store, this.#run, { sequence: first, chain })) {
			page.push({ event: this.#upgrade(read.event), chain: read.chain });
			if (first + page.length === until) break;
		}
		if (page.at(-1)?.chain !== chainAfter) throw changedSince(this.#run.runId, first);
		return page;
	}
}

function changedSince(runId: RunId, sequence: number): Error {
	return tampered(runId, sequence, "the log was changed since it was checked");
}
