import type { BlobId, ChainHash, ChangesetId } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { CallAddress, CallIdentity, MarkerEvent, Outcome } from "./event.ts";
import type { RunHeader } from "./run-header.ts";

/** A part of a call's output, as it was delivered. */
export interface TraceChunk {
	readonly stream: string;
	readonly bytes: Uint8Array;
	/** Milliseconds since the run began. */
	readonly atMs: number;
	readonly logSequence: number;
}

/** How a call stands at the end of the log. `in-flight`: the run was cut off before the call ended. */
export type TraceOutcome = Outcome | { readonly kind: "cancelled" } | { readonly kind: "in-flight" };

/** One call of a run, gathered from its events. */
export interface TraceCall {
	readonly address: CallAddress;
	readonly identity: CallIdentity;
	readonly input: CanonicalValue;
	/** In the order in which they were delivered. */
	readonly chunks: readonly TraceChunk[];
	readonly outcome: TraceOutcome;
	/** What the call changed; null where it cannot change files, failed or did not end. */
	readonly changesetId: ChangesetId | null;
	/** Blob with the attributes of what the call left; null where nothing is known of them. */
	readonly attributesId: BlobId | null;
	/** Milliseconds since the run began. */
	readonly issuedAtMs: number;
	/** Milliseconds since the run began; null while in flight. */
	readonly settledAtMs: number | null;
	/** Log sequence of the `issued` event. */
	readonly issuedSequence: number;
	/** Log sequence of the event that ended the call; null while in flight. */
	readonly settledSequence: number | null;
}

/** A savepoint, a rollback or the end of the run, with its place in the log. */
export interface TraceMarker {
	readonly name: MarkerEvent["name"];
	readonly value: CanonicalValue;
	readonly atMs: number;
	readonly logSequence: number;
}

/** A whole run as its log tells it. */
export interface Trace {
	readonly header: RunHeader;
	/** In the order in which they were issued. */
	readonly calls: readonly TraceCall[];
	readonly markers: readonly TraceMarker[];
	/** Chain hash of the last event, or of the header where there is none. */
	readonly rootHash: ChainHash;
	/** Whether the log holds the run's end; false for a run that is open or was cut off. */
	readonly complete: boolean;
}

/** Something that came to its end in a run. */
export type TraceEnd =
	| { readonly kind: "call"; readonly call: TraceCall }
	| { readonly kind: "marker"; readonly marker: TraceMarker };

/** Returns the calls of a trace that ended, and its markers, in the order of the log. */
export function endsOf({ calls, markers }: Trace): readonly TraceEnd[] {
	const placed: { readonly at: number; readonly end: TraceEnd }[] = [];
	for (const call of calls) {
		if (call.settledSequence !== null) placed.push({ at: call.settledSequence, end: { kind: "call", call } });
	}
	for (const marker of markers) placed.push({ at: marker.logSequence, end: { kind: "marker", marker } });
	return placed.sort((a, b) => a.at - b.at).map(({ end }) => end);
}
