import { type BlobId, type ChangesetId, RetakeError, unreachable } from "@retake/base";
import { addressKey } from "./address-key.ts";
import type { IssuedEvent, TraceEvent } from "./event.ts";
import type { TraceCall, TraceChunk, TraceMarker, TraceOutcome } from "./trace.ts";

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

/** Gathers the calls of a run from its events, in the order of the log. */
export class GrowingTrace {
	readonly markers: TraceMarker[] = [];
	readonly #calls = new Map<string, GrowingCall>();

	/** The calls so far, in the order in which they were issued. */
	get calls(): readonly TraceCall[] {
		return [...this.#calls.values()].map(toTraceCall);
	}

	/** Adds the next event; returns its call as it stands now, or null for a marker. Throws `TRACE_TAMPERED` for a call that was not issued. */
	add(sequence: number, event: TraceEvent): TraceCall | null {
		switch (event.kind) {
			case "issued": {
				const call: GrowingCall = {
					issued: event,
					issuedSequence: sequence,
					chunks: [],
					outcome: { kind: "in-flight" },
					changesetId: null,
					attributesId: null,
					settledAtMs: null,
					settledSequence: null,
				};
				this.#calls.set(addressKey(event.address), call);
				return toTraceCall(call);
			}
			case "marker":
				this.markers.push({ name: event.name, value: event.value, atMs: event.atMs, logSequence: sequence });
				return null;
			case "chunk": {
				const call = this.#callOf(event);
				call.chunks.push({ stream: event.stream, bytes: event.bytes, atMs: event.atMs, logSequence: sequence });
				return toTraceCall(call);
			}
			case "settled": {
				const call = this.#callOf(event);
				call.outcome = event.outcome;
				call.changesetId = event.changesetId;
				call.attributesId = event.attributesId;
				return ended(call, sequence, event.atMs);
			}
			case "cancelled": {
				const call = this.#callOf(event);
				call.outcome = { kind: "cancelled" };
				return ended(call, sequence, event.atMs);
			}
			default:
				return unreachable(event);
		}
	}

	#callOf({ address }: Exclude<TraceEvent, { kind: "marker" }>): GrowingCall {
		const call = this.#calls.get(addressKey(address));
		if (call !== undefined) return call;
		throw new RetakeError("TRACE_TAMPERED", `the log delivers to a call that was not issued: ${addressKey(address)}`);
	}
}

function ended(call: GrowingCall, sequence: number, atMs: number): TraceCall {
	call.settledAtMs = atMs;
	call.settledSequence = sequence;
	return toTraceCall(call);
}

function toTraceCall({ issued, ...call }: GrowingCall): TraceCall {
	const { address, identity, input, atMs } = issued;
	return { address, identity, input, issuedAtMs: atMs, ...call };
}
