import type { CanonicalValue } from "@retake/changeset";
import type { RecordedError } from "../trace/event.ts";
import { errorValue } from "../trace/recorded-error.ts";
import type { TraceCall, TraceChunk, TraceOutcome } from "../trace/trace.ts";
import { valuesEqual } from "../trace/values-equal.ts";

/** Joins what a call wrote to each stream, in order: where it was cut into chunks is a matter of timing. */
function joinStreams(chunks: readonly TraceChunk[]): { readonly [stream: string]: Uint8Array } {
	const byStream = new Map<string, Uint8Array[]>();
	for (const { stream, bytes } of chunks) {
		const parts = byStream.get(stream);
		if (parts === undefined) byStream.set(stream, [bytes]);
		else parts.push(bytes);
	}
	return Object.fromEntries([...byStream].map(([stream, parts]) => [stream, new Uint8Array(Buffer.concat(parts))]));
}

/** What one of our errors was thrown because of is for people: it names places that are others each time. */
function errorDocument(error: RecordedError): CanonicalValue {
	return errorValue(error.name === "RetakeError" ? { ...error, cause: null } : error);
}

function outcomeDocument(outcome: TraceOutcome): { readonly [key: string]: CanonicalValue } {
	switch (outcome.kind) {
		case "result":
			return { outcome: "result", result: outcome.value };
		case "error":
			return { outcome: "error", error: errorDocument(outcome.error) };
		case "cancelled":
		case "in-flight":
			return { outcome: outcome.kind };
	}
}

/**
 * Returns a call as one value, in which JSON pointers of differences and ignore rules point: `input`, `outcome` (its kind),
 * `result` or `error`, `output` by stream, and `changes`, the changeset's id. Times and addresses are not part of it.
 */
export function callDocument(call: TraceCall): CanonicalValue {
	return {
		input: call.input,
		...outcomeDocument(call.outcome),
		output: joinStreams(call.chunks),
		changes: call.changesetId,
	};
}

/** Tells whether two calls ended alike: the same outcome, bytes on each stream and changes to files. */
export function resultsEqual(a: TraceCall, b: TraceCall): boolean {
	if (a.changesetId !== b.changesetId || a.outcome.kind !== b.outcome.kind) return false;
	if (!valuesEqual(outcomeDocument(a.outcome), outcomeDocument(b.outcome))) return false;
	if (a.chunks.length === 0 && b.chunks.length === 0) return true;
	return valuesEqual(joinStreams(a.chunks), joinStreams(b.chunks));
}
