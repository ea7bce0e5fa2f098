import { type BlobId, RetakeError } from "@retake/base";
import type { BlobReader, CanonicalValue } from "@retake/changeset";
import { inlinePayloadBytesMax } from "../recorder-limits.ts";

/**
 * Bytes that an event carries, in itself or by hash. What the program sent stands inside these bytes and nowhere else in an
 * event, so nothing that it sends can be mistaken for a reference.
 */
export type Payload =
	| { readonly kind: "inline"; readonly bytes: Uint8Array }
	| { readonly kind: "blob"; readonly id: BlobId };

/** Makes a payload; `keep` is handed bytes that are too many to lie in an event, and names them. */
export function createPayload(bytes: Uint8Array, keep: (bytes: Uint8Array) => BlobId): Payload {
	return bytes.byteLength > inlinePayloadBytesMax ? { kind: "blob", id: keep(bytes) } : { kind: "inline", bytes };
}

/** Returns a payload's bytes. Throws `BLOB_NOT_FOUND`, or `STORE_DAMAGED` where they are not what was recorded. */
export function payloadBytes(payload: Payload, blobs: BlobReader): Uint8Array {
	return payload.kind === "inline" ? payload.bytes : blobs.read(payload.id);
}

/** Turns a payload into the form that is written: `{ inline }` or `{ blob }`. */
export function encodePayload(payload: Payload): CanonicalValue {
	return payload.kind === "inline" ? { inline: payload.bytes } : { blob: payload.id };
}

/** Reads the form that is written. Throws `TRACE_TAMPERED` for any other. */
export function decodePayload(value: CanonicalValue | undefined): Payload {
	if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)) {
		const { inline, blob } = value as { readonly inline?: CanonicalValue; readonly blob?: CanonicalValue };
		if (inline instanceof Uint8Array) return { kind: "inline", bytes: inline };
		if (typeof blob === "string") return { kind: "blob", id: blob as BlobId };
	}
	throw new RetakeError("TRACE_TAMPERED", "an event holds a payload of no known form");
}
