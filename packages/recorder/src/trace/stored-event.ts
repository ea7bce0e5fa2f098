import type { BlobId, ChangesetId } from "@retake/base";
import type { CallAddress, CallIdentity, MarkerEvent } from "./event.ts";
import type { Payload } from "./payload.ts";

/** What every stored event of a call has. */
interface StoredCallEvent {
	readonly address: CallAddress;
	/** Milliseconds since the run began. */
	readonly atMs: number;
}

/** A call was issued; the payload is its canonical input. */
export interface StoredIssued extends StoredCallEvent {
	readonly kind: "issued";
	readonly identity: CallIdentity;
	readonly payload: Payload;
}

/** A part of the output was delivered; the payload is its bytes. */
export interface StoredChunk extends StoredCallEvent {
	readonly kind: "chunk";
	readonly stream: string;
	readonly payload: Payload;
}

/** A call ended; the payload is its canonical value or `RecordedError`. */
export interface StoredSettled extends StoredCallEvent {
	readonly kind: "settled";
	readonly outcome: "result" | "error";
	readonly changesetId: ChangesetId | null;
	/** Names the attributes beside the changeset; null where nothing is known. */
	readonly attributesId: BlobId | null;
	readonly payload: Payload;
}

/** A call was cancelled. */
export interface StoredCancelled extends StoredCallEvent {
	readonly kind: "cancelled";
}

/** Something other than a call; the payload is its canonical value. */
export interface StoredMarker {
	readonly kind: "marker";
	readonly name: MarkerEvent["name"];
	readonly payload: Payload;
	readonly atMs: number;
}

/** An event as it is stored, its payload not looked into: what a log is made of. */
export type StoredEvent = StoredIssued | StoredChunk | StoredSettled | StoredCancelled | StoredMarker;
