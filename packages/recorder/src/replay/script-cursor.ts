import { type BlobId, type ChainHash, sha256, unreachable } from "@retake/base";
import type { BlobReader } from "@retake/changeset";
import { addressKey } from "../trace/address-key.ts";
import { chainNext, chainStart } from "../trace/chain.ts";
import { encodeEvent } from "../trace/event-codec.ts";
import { createPayload, type Payload, payloadBytes } from "../trace/payload.ts";
import type { StoredEvent, StoredMarker } from "../trace/stored-event.ts";
import type { Pace } from "./pace.ts";
import type { ReplayedCall } from "./replayed-call.ts";
import type { Script } from "./script.ts";

/** What one step along the log came to. */
export type CursorStep =
	| { readonly kind: "delivered" }
	| { readonly kind: "ended" }
	/** The next delivery is not due yet. */
	| { readonly kind: "early"; readonly waitMs: number }
	| { readonly kind: "blocked"; readonly by: StoredEvent };

/**
 * Walks along the recorded log, and computes the hash chain anew from what the program does. An event that the program makes
 * is waited for; a delivery is made when the log has come to it; a call that was abandoned is passed over.
 */
export class ScriptCursor {
	readonly #script: Script;
	readonly #blobs: BlobReader;
	readonly #inFlight: ReadonlyMap<string, ReplayedCall>;
	/** What the program made of the issues and markers of the log, by position. */
	readonly #made = new Map<StoredEvent, StoredEvent>();
	readonly #passedOver = new Set<StoredMarker>();
	readonly #taken: (event: StoredEvent) => void;
	readonly #pace: Pace | null;
	#position = 0;
	#chain: ChainHash;

	/**
	 * `taken` is told of each event that takes its place in the order of the log, before the program is. Without a `pace`, deliveries are made
	 * as soon as they can be.
	 */
	constructor(
		script: Script,
		blobs: BlobReader,
		inFlight: ReadonlyMap<string, ReplayedCall>,
		taken: (event: StoredEvent) => void = () => {},
		pace: Pace | null = null,
	) {
		this.#pace = pace;
		this.#script = script;
		this.#blobs = blobs;
		this.#inFlight = inFlight;
		this.#taken = taken;
		this.#chain = chainStart(script.run.header);
	}

	/** The chain over everything that has happened so far, in the order of the log. */
	get chain(): ChainHash {
		return this.#chain;
	}

	/** Makes the payload of an event of the program's, as a recorder would, but writes nothing. */
	payload(bytes: Uint8Array): Payload {
		return createPayload(bytes, (large) => sha256(large) as BlobId);
	}

	/** Notes that the program has done what the log has at `recorded`. */
	made(recorded: StoredEvent, actual: StoredEvent): void {
		this.#made.set(recorded, actual);
	}

	/** Whether the log has come to something that the program has done. */
	reached(recorded: StoredEvent): boolean {
		return !this.#made.has(recorded);
	}

	/** Gives up waiting for a marker. */
	passOver(marker: StoredMarker): void {
		this.#passedOver.add(marker);
	}

	/** Adds something to the chain that the log does not have, or has at its end. */
	fold(event: StoredEvent): void {
		this.#chain = chainNext(this.#chain, encodeEvent(event));
	}

	/** Adds the event at this position as it is recorded: what follows an equal chain by an equal event was hashed when the log was read. */
	#foldRecorded(event: StoredEvent): void {
		this.#taken(event);
		const { chains, run } = this.#script;
		const before = this.#position === 0 ? chainStart(run.header) : chains[this.#position - 1];
		const after = chains[this.#position];
		if (this.#chain === before && after !== undefined) this.#chain = after;
		else this.fold(event);
	}

	/** Goes on until one delivery is made, the log ends, or the program must do something first. */
	step(): CursorStep {
		for (;;) {
			const event = this.#script.events[this.#position];
			if (event === undefined || (event.kind === "marker" && event.name === "end")) return { kind: "ended" };
			const waitMs = this.#isDelivery(event) ? (this.#pace?.waitMs(event.atMs) ?? 0) : 0;
			if (waitMs > 0) return { kind: "early", waitMs };
			const outcome = this.#take(event);
			if (outcome === "blocked") return { kind: "blocked", by: event };
			this.#position++;
			if (outcome === "delivered") return { kind: "delivered" };
		}
	}

	/** A cancellation is the program's own deed and waits for nothing. */
	#isDelivery(event: StoredEvent): boolean {
		return (event.kind === "chunk" || event.kind === "settled") && this.#inFlight.has(addressKey(event.address));
	}

	#take(event: StoredEvent): "passed" | "delivered" | "blocked" {
		switch (event.kind) {
			case "marker":
				return this.#passedOver.has(event) ? "passed" : this.#takeMade(event);
			case "issued":
				return this.#script.calls.get(addressKey(event.address))?.state === "abandoned"
					? "passed"
					: this.#takeMade(event);
			case "chunk":
			case "settled":
			case "cancelled": {
				const call = this.#inFlight.get(addressKey(event.address));
				if (call === undefined) return "passed";
				if (event.kind === "cancelled" && !call.aborted) return "blocked";
				const bytes = event.kind === "cancelled" ? null : payloadBytes(event.payload, this.#blobs);
				this.#foldRecorded(event);
				if (event.kind !== "chunk") call.scripted.state = "served";
				if (bytes === null) call.cancel();
				else if (event.kind === "chunk") call.chunk(event, bytes);
				else if (event.kind === "settled") call.settle(event, bytes);
				return "delivered";
			}
			default:
				return unreachable(event);
		}
	}

	#takeMade(event: StoredEvent): "passed" | "blocked" {
		const actual = this.#made.get(event);
		if (actual === undefined) return "blocked";
		this.#taken(actual);
		this.fold(actual);
		this.#made.delete(event);
		this.#pace?.began(event.atMs);
		return "passed";
	}
}
