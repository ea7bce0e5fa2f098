import { type BlobReader, type CanonicalValue, decodeCanonical } from "@retake/changeset";
import { candidatesMax } from "../recorder-limits.ts";
import { addressKey } from "../trace/address-key.ts";
import { payloadBytes } from "../trace/payload.ts";
import { pointerDifferences } from "../trace/pointer-differences.ts";
import type { StoredIssued } from "../trace/stored-event.ts";
import type { CallSummary, Divergence, DivergenceKind } from "./divergence.ts";
import type { Script, ScriptCall } from "./script.ts";

/** Describes a recorded call. */
export function summarise({ address, identity, payload }: StoredIssued, blobs: BlobReader): CallSummary {
	const input: CanonicalValue = decodeCanonical(payloadBytes(payload, blobs));
	return { address, identity, input };
}

/** Describes a divergence other than of one call from another: `issued` is the recorded call that it concerns. */
export function describeDivergence(
	blobs: BlobReader,
	kind: DivergenceKind,
	message: string,
	issued: StoredIssued | undefined,
	preceding: readonly CallSummary[],
): Divergence {
	return {
		kind,
		address: issued?.address ?? null,
		message,
		recorded: issued === undefined ? null : summarise(issued, blobs),
		actual: null,
		inputDifference: [],
		candidates: [],
		preceding,
	};
}

/** Says in what a call of the program differs from what the record has at its address. */
export function explainMismatch(
	script: Script,
	blobs: BlobReader,
	actual: CallSummary,
	recordedCall: ScriptCall | null,
	preceding: readonly CallSummary[],
): Divergence {
	const kind = mismatchKind(script, actual, recordedCall);
	const recorded = recordedCall === null ? null : summarise(recordedCall.issued, blobs);
	const candidates = nearest(script, actual, recordedCall).map(({ issued }) => summarise(issued, blobs));
	return {
		kind,
		address: actual.address,
		message: messageOf(kind, actual, recorded, candidates),
		recorded,
		actual,
		inputDifference: recorded === null ? [] : pointerDifferences(recorded.input, actual.input),
		candidates,
		preceding,
	};
}

function mismatchKind(script: Script, actual: CallSummary, recordedCall: ScriptCall | null): DivergenceKind {
	if (recordedCall === null) return "extra";
	for (const { ordinal } of script.waitingTwins(actual.identity)) if (ordinal !== recordedCall.ordinal) return "order";
	// The same call, but no longer expected: the playback has given it up.
	if (recordedCall.isOf(actual.identity)) return "order";
	const recorded = recordedCall.issued.identity;
	if (recorded.kind !== actual.identity.kind || recorded.tool !== actual.identity.tool) return "tool";
	return recorded.inputHash === actual.identity.inputHash ? "schema" : "input";
}

/** Equal calls first, then calls of the same tool in the same scope, the nearest in sequence first. */
function nearest(script: Script, actual: CallSummary, recordedCall: ScriptCall | null): readonly ScriptCall[] {
	const { address, identity } = actual;
	const found: ScriptCall[] = [];
	const isNew = ({ ordinal }: ScriptCall) =>
		ordinal !== recordedCall?.ordinal && found.every((known) => known.ordinal !== ordinal);
	for (const twin of script.waitingTwins(identity)) {
		if (isNew(twin)) found.push(twin);
		if (found.length === candidatesMax) return found;
	}
	const distance = ({ sequence }: ScriptCall) => Math.abs(sequence - address.sequence);
	const alike: ScriptCall[] = [];
	for (const call of script.waitingIn(address.scope)) {
		if (!call.isOfTool(identity.tool) || !isNew(call)) continue;
		const place = alike.findLastIndex((nearer) => distance(nearer) <= distance(call)) + 1;
		if (place === candidatesMax) continue;
		alike.splice(place, 0, call);
		alike.length = Math.min(alike.length, candidatesMax);
	}
	return [...found, ...alike].slice(0, candidatesMax);
}

function messageOf(
	kind: DivergenceKind,
	actual: CallSummary,
	recorded: CallSummary | null,
	[candidate]: readonly CallSummary[],
): string {
	const place = `at ${addressKey(actual.address)}`;
	const tool = actual.identity.tool;
	if (recorded === null) return `${place} the program calls ${tool}; the record has no more calls there`;
	switch (kind) {
		case "order":
			return `${place} the program calls ${tool} as recorded ${candidate === undefined ? "elsewhere" : `at ${addressKey(candidate.address)}`}; the record has ${recorded.identity.tool} here`;
		case "schema":
			return `${place} the schema of ${tool} is not the one that was recorded`;
		case "input":
			return `${place} the input of ${tool} is not the one that was recorded`;
		default:
			return `${place} the program calls ${tool}; the record has ${recorded.identity.tool}`;
	}
}
