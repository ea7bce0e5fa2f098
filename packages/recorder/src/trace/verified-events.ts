import { type ChainHash, isRetakeError, RetakeError, type RunId } from "@retake/base";
import type { EventRecord, RunRecord, Store } from "@retake/store";
import { chainNext, chainStart } from "./chain.ts";
import { decodeEvent } from "./event-codec.ts";
import { decodeHeader } from "./header-codec.ts";
import { payloadBytes } from "./payload.ts";
import { decodeOutcome } from "./run-outcome.ts";
import type { StoredEvent } from "./stored-event.ts";

/** An event whose bytes the chain has vouched for. */
export interface VerifiedEvent {
	readonly sequence: number;
	/** As it was recorded, in whatever version: `eventUpgrade` brings it to the present one. */
	readonly event: StoredEvent;
	/** As it lies on disk. */
	readonly bytes: Uint8Array;
	readonly chain: ChainHash;
}

/**
 * Yields a run's events in order, each checked against the chain before it is decoded. Throws `TRACE_TAMPERED` with the
 * first bad sequence as data: a header, an event or the listing edited, an event missing, moved, added or cut off.
 */
export function* verifiedEvents(store: Store, run: RunRecord): Iterable<VerifiedEvent> {
	checkHeader(run);
	let last: VerifiedEvent | null = null;
	for (const verified of chainedEvents(store, run, { sequence: 0, chain: chainStart(run.header) })) {
		last = verified;
		yield verified;
	}
	if (run.state === "open") return;
	const end = (last?.sequence ?? -1) + 1;
	if (run.rootHash !== (last?.chain ?? chainStart(run.header))) {
		throw tampered(run.runId, end, "the log does not end with the run's root hash");
	}
	checkEnd(store, run, last?.event ?? null, end - 1);
}

/** A place in a log: the events before it, and the chain over them. */
export interface LogPosition {
	readonly sequence: number;
	readonly chain: ChainHash;
}

/** Yields the events from a place in a run's log to where it ends now, each checked against the chain. Throws `TRACE_TAMPERED`. */
export function* chainedEvents(store: Store, run: RunRecord, from: LogPosition): Iterable<VerifiedEvent> {
	for (const { sequence, bytes, chain } of chainedRecords(store, run, from)) {
		yield { sequence, event: decode(run.runId, sequence, bytes), bytes, chain };
	}
}

/** Does as `chainedEvents` does, and decodes nothing. */
export function* chainedRecords(store: Store, run: RunRecord, from: LogPosition): Iterable<EventRecord> {
	let { sequence, chain } = from;
	for (const record of store.events.read(run.runId, sequence)) {
		if (record.sequence !== sequence) throw tampered(run.runId, sequence, "the event is missing");
		chain = chainNext(chain, record.bytes);
		if (record.chain !== chain) throw tampered(run.runId, sequence, "the event or what came before it was changed");
		yield record;
		sequence++;
	}
}

function decode(runId: RunId, sequence: number, bytes: Uint8Array): StoredEvent {
	try {
		return decodeEvent(bytes);
	} catch (cause) {
		if (isRetakeError(cause, "TRACE_TAMPERED")) throw tampered(runId, sequence, cause.message, cause);
		throw cause;
	}
}

/** The listing repeats the header for speed; it must not say anything else. */
function checkHeader(run: RunRecord): void {
	let header: ReturnType<typeof decodeHeader>;
	try {
		header = decodeHeader(run.header);
	} catch (cause) {
		if (isRetakeError(cause, "STORE_NEWER")) throw cause;
		throw tampered(run.runId, 0, "the header cannot be read", cause);
	}
	const same =
		header.runId === run.runId &&
		header.parentRunId === run.parentRunId &&
		header.kind === run.kind &&
		header.title === run.title &&
		header.startedAt === run.startedAt;
	if (!same) throw tampered(run.runId, 0, "the header was changed");
}

function checkEnd(store: Store, run: RunRecord, last: StoredEvent | null, sequence: number): void {
	if (last?.kind !== "marker" || last.name !== "end") throw tampered(run.runId, sequence + 1, "the end is missing");
	const outcome = decodeOutcome(payloadBytes(last.payload, store.blobs));
	const same =
		outcome.changesetId === run.changesetId && outcome.verdict === run.verdict && outcome.failed === run.failed;
	if (!same) throw tampered(run.runId, sequence, "the listing says another end than the log");
}

/** Makes the error for a log that is not what was written. */
export function tampered(runId: RunId, sequence: number, reason: string, cause?: unknown): RetakeError {
	return new RetakeError(
		"TRACE_TAMPERED",
		`run ${runId} is not what was recorded, from event ${sequence} on: ${reason}`,
		{
			cause,
			data: { runId, sequence, reason },
			remedy: "restore the store from a copy; this run can be shown but proves nothing",
		},
	);
}
