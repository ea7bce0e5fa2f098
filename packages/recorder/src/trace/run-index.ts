import { type ChainHash, RetakeError } from "@retake/base";
import { type BlobReader, type CanonicalValue, decodeCanonical } from "@retake/changeset";
import type { RunRecord, Store } from "@retake/store";
import { logPageEvents } from "../recorder-limits.ts";
import { addressKey } from "./address-key.ts";
import { CallTable } from "./call-table.ts";
import { chainStart } from "./chain.ts";
import { type LoggedEvent, LogPages } from "./log-pages.ts";
import { payloadBytes } from "./payload.ts";
import type {
	StoredCancelled,
	StoredChunk,
	StoredEvent,
	StoredIssued,
	StoredMarker,
	StoredSettled,
} from "./stored-event.ts";
import { eventUpgrade } from "./upgrade/upgrade.ts";
import { tampered, verifiedEvents } from "./verified-events.ts";

/** A run's log, checked once as a whole and then read from the store where it is needed. */
export class RunIndex {
	readonly run: RunRecord;
	readonly calls: CallTable;
	/** Log sequences of the savepoints and rollbacks. */
	readonly markers: readonly number[];
	/** How many events the log has. */
	readonly events: number;
	readonly rootHash: ChainHash;
	/** Whether the log ends without the run's end. */
	readonly cutOff: boolean;
	/** Where large payloads lie. */
	readonly blobs: BlobReader;
	readonly #pages: LogPages;

	/** Throws `TRACE_TAMPERED` where the log's chain does not hold. */
	constructor(store: Store, run: RunRecord) {
		const upgrade = eventUpgrade(run.header, store.blobs);
		// Of a run that is being recorded, what there is by now.
		const events = store.events.count(run.runId);
		const calls = new CallTable(events);
		const markers: number[] = [];
		const pageChains: ChainHash[] = [];
		let rootHash = chainStart(run.header);
		let last: StoredEvent | null = null;
		for (const { sequence, event, chain } of verifiedEvents(store, run)) {
			if (sequence === events) break;
			if (sequence % logPageEvents === 0) pageChains.push(rootHash);
			last = upgrade(event);
			addTo(calls, markers, last, sequence);
			rootHash = chain;
		}
		pageChains.push(rootHash);
		this.run = run;
		this.calls = calls;
		this.markers = markers;
		this.events = events;
		this.rootHash = rootHash;
		this.cutOff = !(last?.kind === "marker" && last.name === "end");
		this.#pages = new LogPages(store, run, { events, pageChains }, upgrade);
		this.blobs = store.blobs;
	}

	/** Returns the event of a log sequence. Throws `TRACE_TAMPERED` where the store no longer holds what was checked. */
	at(sequence: number): LoggedEvent {
		return this.#pages.at(sequence);
	}

	/** Returns the chain after the event of a log sequence. Throws as `at` does. */
	chainAt(sequence: number): ChainHash {
		return this.#pages.chainAt(sequence);
	}

	/** Reads the issue of a call. */
	issued(ordinal: number): StoredIssued {
		const sequence = this.calls.issuedAt(ordinal);
		const { event } = this.at(sequence);
		if (event.kind !== "issued") throw tampered(this.run.runId, sequence, "the event is no issue of a call");
		return event;
	}

	/** Reads the end of a call; null where it was cut off. */
	ended(ordinal: number): StoredSettled | StoredCancelled | null {
		const sequence = this.calls.endedAt(ordinal);
		if (sequence === null) return null;
		const { event } = this.at(sequence);
		if (event.kind === "settled" || event.kind === "cancelled") return event;
		throw tampered(this.run.runId, sequence, "the event is no end of a call");
	}

	/** Reads a part of a call's output. */
	chunk(sequence: number): StoredChunk {
		const { event } = this.at(sequence);
		if (event.kind !== "chunk") throw tampered(this.run.runId, sequence, "the event is no part of an output");
		return event;
	}

	/** Reads a savepoint, a rollback or the end. */
	marker(sequence: number): StoredMarker {
		const { event } = this.at(sequence);
		if (event.kind !== "marker") throw tampered(this.run.runId, sequence, "the event is no marker");
		return event;
	}

	/** Reads the value that an issue or a marker carries. Throws `BLOB_NOT_FOUND`. */
	value({ payload }: StoredIssued | StoredMarker): CanonicalValue {
		return decodeCanonical(payloadBytes(payload, this.blobs));
	}
}

function addTo(calls: CallTable, markers: number[], event: StoredEvent, sequence: number): void {
	if (event.kind === "issued") {
		calls.add(event, sequence);
		return;
	}
	if (event.kind === "marker") {
		if (event.name !== "end") markers.push(sequence);
		return;
	}
	const ordinal = calls.find(event.address);
	if (ordinal === null) {
		throw new RetakeError(
			"TRACE_TAMPERED",
			`the log delivers to a call that was not issued: ${addressKey(event.address)}`,
		);
	}
	if (event.kind === "chunk") calls.chunked(ordinal, sequence);
	else calls.ended(ordinal, event.kind === "cancelled" ? "cancelled" : event.outcome, sequence);
}
