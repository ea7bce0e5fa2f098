import type { ChainHash, RunId } from "@retake/base";
import type { RunRecord, Store } from "@retake/store";
import { logPageEvents, logPagesMax } from "../recorder-limits.ts";
import { decodeEvent } from "./event-codec.ts";
import { LogPage, type PageRecord } from "./log-page.ts";
import type { StoredEvent } from "./stored-event.ts";
import { chainedRecords, tampered } from "./verified-events.ts";

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
 * was checked. Pages are kept as bytes in memory that is used again, and decoded where they are asked for: as objects they would live long
 * enough for the garbage collector to leave them, and what is in a process at its peak would be garbage.
 */
export class LogPages {
	readonly #store: Store;
	readonly #run: RunRecord;
	readonly #outline: LogOutline;
	readonly #upgrade: (event: StoredEvent) => StoredEvent;
	/** The one used last stands last. */
	readonly #pages: LogPage[] = Array.from({ length: logPagesMax }, () => new LogPage());
	#last: { readonly sequence: number; readonly logged: LoggedEvent } | null = null;

	constructor(store: Store, run: RunRecord, outline: LogOutline, upgrade: (event: StoredEvent) => StoredEvent) {
		this.#store = store;
		this.#run = run;
		this.#outline = outline;
		this.#upgrade = upgrade;
	}

	/** Returns the event of this sequence, which the log has. Throws `TRACE_TAMPERED` where the store no longer holds what was checked. */
	at(sequence: number): LoggedEvent {
		if (this.#last?.sequence === sequence) return this.#last.logged;
		const { bytes, chain } = this.#record(sequence);
		const logged = { event: this.#upgrade(decodeEvent(bytes)), chain };
		this.#last = { sequence, logged };
		return logged;
	}

	/** Returns the chain after the event of this sequence, which is not decoded for it. Throws as `at` does. */
	chainAt(sequence: number): ChainHash {
		return this.#record(sequence).chain;
	}

	#record(sequence: number): PageRecord {
		const number = Math.floor(sequence / logPageEvents);
		const record = this.#page(number).record(sequence - number * logPageEvents);
		if (record === null) throw changedSince(this.#run.runId, sequence);
		return record;
	}

	#page(number: number): LogPage {
		const known = this.#pages.findIndex((page) => page.number === number);
		const [page] = this.#pages.splice(Math.max(0, known), 1);
		if (page === undefined) throw new TypeError("there is at least one page");
		this.#pages.push(page);
		if (known === -1) this.#fill(page, number);
		return page;
	}

	#fill(page: LogPage, number: number): void {
		const { events, pageChains } = this.#outline;
		const first = number * logPageEvents;
		const until = Math.min(first + logPageEvents, events);
		const [chain, chainAfter] = pageChains.slice(number, number + 2);
		page.clear();
		if (chain === undefined) throw changedSince(this.#run.runId, first);
		let last = chain;
		for (const record of chainedRecords(this.#store, this.#run, { sequence: first, chain })) {
			page.add(record.bytes, record.chain);
			last = record.chain;
			if (first + page.length === until) break;
		}
		if (last !== chainAfter) throw changedSince(this.#run.runId, first);
		page.number = number;
	}
}

function changedSince(runId: RunId, sequence: number): Error {
	return tampered(runId, sequence, "the log was changed since it was checked");
}
