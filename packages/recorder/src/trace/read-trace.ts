import { type BlobId, type ChainHash, type ChangesetId, RetakeError, type RunId, unreachable } from "@retake/base";
import type { Store } from "@retake/store";
import { addressKey } from "./address-key.ts";
import { chainStart } from "./chain.ts";
import type { IssuedEvent, TraceEvent } from "./event.ts";
import { readEvent } from "./event-codec.ts";
import { decodeHeader } from "./header-codec.ts";
import type { Trace, TraceCall, TraceChunk, TraceMarker, TraceOutcome } from "./trace.ts";
import { verifiedEvents } from "./verified-events.ts";

interface GrowingCall {
	readonly issued: IssuedEvent;
	readonly issuedSequence: number;
	readonly chunks: TraceChunk[];
	outcome: TraceOutcome;
	changesetId: ChangesetId | null;
	attributesId: BlobId | null;
	settledAtMs: number | null;
	settledSequence: number | null;
}

/** Reads a whole run into memory, its chain checked. Throws `RUN_NOT_FOUND`, `TRACE_TAMPERED`, `BLOB_NOT_FOUND`. */
export function readTrace(store: Store, runId: RunId): Trace {
	const run = store.runs.get(runId);
	const calls = new Map<string, GrowingCall>();
	const markers: TraceMarker[] = [];
	let rootHash: ChainHash = chainStart(run.header);
	for (const { sequence, event, chain } of verifiedEvents(store, run)) {
		rootHash = chain;
		addEvent(calls, markers, sequence, readEvent(event, store.blobs));
	}
	return {
		header: decodeHeader(run.header),
		calls: [...calls.values()].map(toTraceCall),
		markers,
		rootHash,
		complete: markers.at(-1)?.name === "end",
	};
}

function addEvent(calls: Map<string, GrowingCall>, markers: TraceMarker[], sequence: number, event: TraceEvent): void {
	switch (event.kind) {
		case "issued":
			calls.set(addressKey(event.address), {
				issued: event,
				issuedSequence: sequence,
				chunks: [],
				outcome: { kind: "in-flight" },
				changesetId: null,
				attributesId: null,
				settledAtMs: null,
				settledSequence: null,
			});
			return;
		case "marker":
			markers.push({ name: event.name, value: event.value, atMs: event.atMs, logSequence: sequence });
			return;
		case "chunk":
			callOf(calls, event).chunks.push({ stream: event.stream, bytes: event.bytes, atMs: event.atMs });
			return;
		case "settled": {
			const call = callOf(calls, event);
			call.outcome = event.outcome;
			call.changesetId = event.changesetId;
			call.attributesId = event.attributesId;
			call.settledAtMs = event.atMs;
			call.settledSequence = sequence;
			return;
		}
		case "cancelled": {
			const call = callOf(calls, event);
			call.outcome = { kind: "cancelled" };
			call.settledAtMs = event.atMs;
			call.settledSequence = sequence;
			return;
		}
		default:
			unreachable(event);
	}
}

function callOf(
	calls: ReadonlyMap<string, GrowingCall>,
	{ address }: Exclude<TraceEvent, { kind: "marker" }>,
): GrowingCall {
	const call = calls.get(addressKey(address));
	if (call !== undefined) return call;
	throw new RetakeError("TRACE_TAMPERED", `the log delivers to a call that was not issued: ${addressKey(address)}`);
}

function toTraceCall({ issued, ...call }: GrowingCall): TraceCall {
	const { address, identity, input, atMs } = issued;
	return { address, identity, input, issuedAtMs: atMs, ...call };
}
