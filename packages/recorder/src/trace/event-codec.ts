import { type BlobId, type ChangesetId, RetakeError, unreachable, type ValueHash } from "@retake/base";
import { type BlobReader, type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import type { CallIdentity, MarkerEvent, Outcome, RecordedError, TraceEvent } from "./event.ts";
import { decodePayload, encodePayload, payloadBytes } from "./payload.ts";
import type { StoredEvent, StoredSettled } from "./stored-event.ts";

type Fields = Readonly<Record<string, CanonicalValue>>;

/** Encodes an event as the bytes that are stored and chained: one canonical map, `event` naming its kind. */
export function encodeEvent(event: StoredEvent): Uint8Array {
	return encodeCanonical(toFields(event));
}

/** Decodes stored bytes. Throws `TRACE_TAMPERED` where they are not an event. */
export function decodeEvent(bytes: Uint8Array): StoredEvent {
	let fields: CanonicalValue;
	try {
		fields = decodeCanonical(bytes);
	} catch (cause) {
		throw new RetakeError("TRACE_TAMPERED", "an event is not a canonical value", { cause });
	}
	return fromFields(fields as Fields);
}

/** Completes a stored event with what its payload holds. Throws `BLOB_NOT_FOUND`. */
export function readEvent(event: StoredEvent, blobs: BlobReader): TraceEvent {
	switch (event.kind) {
		case "issued": {
			const { payload, ...rest } = event;
			return { ...rest, input: decodeCanonical(payloadBytes(payload, blobs)) };
		}
		case "chunk": {
			const { payload, ...rest } = event;
			return { ...rest, bytes: payloadBytes(payload, blobs) };
		}
		case "settled": {
			const { payload: _payload, ...rest } = event;
			return { ...rest, outcome: readSettled(event, blobs) };
		}
		case "marker": {
			const { payload, ...rest } = event;
			return { ...rest, value: decodeCanonical(payloadBytes(payload, blobs)) };
		}
		case "cancelled":
			return event;
		default:
			return unreachable(event);
	}
}

/** Reads how a call ended. Throws `BLOB_NOT_FOUND`. */
export function readSettled({ payload, outcome }: StoredSettled, blobs: BlobReader): Outcome {
	const value = decodeCanonical(payloadBytes(payload, blobs));
	return outcome === "result" ? { kind: "result", value } : { kind: "error", error: value as unknown as RecordedError };
}

// In the order in which they are written, so that nothing needs sorting.
function toFields(event: StoredEvent): CanonicalValue {
	switch (event.kind) {
		case "issued":
			return {
				atMs: event.atMs,
				event: "issued",
				inputHash: event.identity.inputHash,
				kind: event.identity.kind,
				payload: encodePayload(event.payload),
				schema: event.identity.schemaHash,
				scope: event.address.scope,
				sequence: event.address.sequence,
				tool: event.identity.tool,
			};
		case "chunk":
			return {
				atMs: event.atMs,
				event: "chunk",
				payload: encodePayload(event.payload),
				scope: event.address.scope,
				sequence: event.address.sequence,
				stream: event.stream,
			};
		case "settled":
			return {
				atMs: event.atMs,
				...attributesField(event.attributesId),
				changeset: event.changesetId,
				event: "settled",
				outcome: event.outcome,
				payload: encodePayload(event.payload),
				scope: event.address.scope,
				sequence: event.address.sequence,
			};
		case "cancelled":
			return {
				atMs: event.atMs,
				event: "cancelled",
				scope: event.address.scope,
				sequence: event.address.sequence,
			};
		case "marker":
			return { atMs: event.atMs, event: "marker", name: event.name, payload: encodePayload(event.payload) };
		default:
			return unreachable(event);
	}
}

/** Spells the id of attributes as a field, which is left out where there are none: records from before there were any have no such field. */
export function attributesField(attributesId: BlobId | null | undefined): { readonly attributes?: BlobId } {
	return attributesId === null || attributesId === undefined ? {} : { attributes: attributesId };
}

/** Reads back what `attributesField` spelled. */
export function readAttributesField(fields: Fields): BlobId | null {
	return (fields["attributes"] ?? null) as BlobId | null;
}

// Field types are trusted from here on: the chain has vouched for the bytes, and only `toFields` made them.
function fromFields(fields: Fields): StoredEvent {
	const atMs = fields["atMs"] as number;
	const address = { scope: fields["scope"] as string, sequence: fields["sequence"] as number };
	switch (fields["event"]) {
		case "issued": {
			const identity: CallIdentity = {
				kind: fields["kind"] as CallIdentity["kind"],
				tool: fields["tool"] as string,
				schemaHash: fields["schema"] as ValueHash,
				inputHash: fields["inputHash"] as ValueHash,
			};
			return { kind: "issued", address, identity, payload: decodePayload(fields["payload"]), atMs };
		}
		case "chunk":
			return {
				kind: "chunk",
				address,
				stream: fields["stream"] as string,
				payload: decodePayload(fields["payload"]),
				atMs,
			};
		case "settled":
			return {
				kind: "settled",
				address,
				outcome: fields["outcome"] as "result" | "error",
				changesetId: fields["changeset"] as ChangesetId | null,
				attributesId: readAttributesField(fields),
				payload: decodePayload(fields["payload"]),
				atMs,
			};
		case "cancelled":
			return { kind: "cancelled", address, atMs };
		case "marker":
			return {
				kind: "marker",
				name: fields["name"] as MarkerEvent["name"],
				payload: decodePayload(fields["payload"]),
				atMs,
			};
		default:
			throw new RetakeError("TRACE_TAMPERED", `an event is of no known kind: ${JSON.stringify(fields["event"])}`);
	}
}
