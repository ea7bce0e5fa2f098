import { type BlobId, type ChainHash, sha256, unreachable } from "@retake/base";
import type { BlobReader } from "@retake/changeset";
import { addressKey } from "../trace/address-key.ts";
import { chainNext, chainStart } from "../trace/chain.ts";
import { encodeEvent } from "../trace/event-codec.ts";
import type { LoggedEvent } from "../trace/log-pages.ts";
import { createPayload, type Payload, payloadBytes } from "../trace/payload.ts";
import type { StoredEvent, StoredIssued } from "../trace/stored-event.ts";
import type { Pace } from "./pace.ts";
import type { ReplayedCall } from "./replayed-call.ts";
import type { Script } from "./script.ts";

/** The program must do first what the log has at this sequence. */
export interface BlockedStep {
	readonly kind: "blocked";
	readonly by: StoredEvent;
	readonly at: number;
}

/** What one step along the log came to. */
export type CursorStep =
	| { readonly kind: "delivered" }
	| { readonly kind: "ended" }
	/** The next delivery is not due yet. */
	| { readonly kind: "early"; readonly waitMs: number }
	| BlockedStep;

/**
 * Walks along the recorded log, and computes the hash chain anew from what the program does. An event that the program makes
 * is waited for; a delivery is made when the log has come to it; a call that was abandoned is passed over.
 */
export class ScriptCursor {
	readonly #script: Script;
	readonly #blobs: BlobReader;
	readonly #inFlight: ReadonlyMap<string, ReplayedCall>;
	/** What the program made of the issues and markers of the log, by log sequence. */
	readonly #made = new Map<number, StoredEvent>();
	readonly #passedOver = new Set<number>();
	readonly #taken: (event: StoredEvent) => void;
	readonly #pace: Pace | null;
	#position = 0;
	#chain: ChainHash;
	/** The recorded chain before the position. */
	#recordedChain: ChainHash;

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
		this.#chain = chainStart(script.index.run.header);
		this.#recordedChain = this.#chain;
	}

	/** The chain over everything that has happened so far, in the order of the log. */
	get chain(): ChainHash {
		return this.#chain;
	}

	/** Makes the payload of an event of the program's, as a recorder would, but writes nothing. */
	payload(bytes: Uint8Array): Payload {
		return createPayload(bytes, (large) => sha256(large) as BlobId);
	}

	/** Notes that the program has done what the log has at this sequence. */
	made(sequence: number, actual: StoredEvent): void {
		this.#made.set(sequence, actual);
	}

	/** Whether the log has come to something that the program has done. */
	reached(sequence: number): boolean {
		return !this.#made.has(sequence);
	}

	/** Gives up waiting for a marker. */
	passOver(sequence: number): void {
		this.#passedOver.add(sequence);
	}

	/** Adds something to the chain that the log does not have, or has at its end. */
	fold(event: StoredEvent): void {
		this.#chain = chainNext(this.#chain, encodeEvent(event));
	}

	/** Adds the event at this position as it is recorded: what follows an equal chain by an equal event was hashed when it was read. */
	#foldRecorded({ event, chain }: LoggedEvent): void {
		this.#taken(event);
		if (this.#chain === this.#recordedChain) this.#chain = chain;
		else this.fold(event);
	}

	/** Goes on until one delivery is made, the log ends, or the program must do something first. */
	step(): CursorStep {
		for (;;) {
			if (this.#position >= this.#script.end) return { kind: "ended" };
			const made = this.#madeHere();
			if (made !== null) {
				this.#takeMade(made);
				continue;
			}
			const logged = this.#script.index.at(this.#position);
			const { event } = logged;
			const waitMs = this.#isDelivery(event) ? (this.#pace?.waitMs(event.atMs) ?? 0) : 0;
			if (waitMs > 0) return { kind: "early", waitMs };
			const outcome = this.#take(logged);
			if (outcome === "blocked") return { kind: "blocked", by: event, at: this.#position };
			this.#pass(logged.chain);
			if (outcome === "delivered") return { kind: "delivered" };
		}
	}

	/** A cancellation is the program's own deed and waits for nothing. */
	#isDelivery(event: StoredEvent): boolean {
		return (event.kind === "chunk" || event.kind === "settled") && this.#inFlight.has(addressKey(event.address));
	}

	#take(logged: LoggedEvent): "passed" | "delivered" | "blocked" {
		const { event } = logged;
		switch (event.kind) {
			case "marker":
				if (event.name === "end" || !this.#script.hasMarker(this.#position)) return "passed";
				return this.#passedOver.delete(this.#position) ? "passed" : "blocked";
			case "issued":
				return this.#isPlayed(event) ? "blocked" : "passed";
			case "chunk":
			case "settled":
			case "cancelled": {
				const call = this.#inFlight.get(addressKey(event.address));
				if (call === undefined) return "passed";
				if (event.kind === "cancelled" && !call.aborted) return "blocked";
				const bytes = event.kind === "cancelled" ? null : payloadBytes(event.payload, this.#blobs);
				this.#foldRecorded(logged);
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

	/** Returns what the program made of the event at this position; null where it has not, or it is passed over. */
	#madeHere(): StoredEvent | null {
		const made = this.#made.get(this.#position);
		if (made === undefined) return null;
		const counts = made.kind === "issued" ? this.#isPlayed(made) : !this.#passedOver.has(this.#position);
		return counts ? made : null;
	}

	#isPlayed({ address }: StoredIssued): boolean {
		const { state = "absent" } = this.#script.find(address) ?? {};
		return state !== "absent" && state !== "abandoned";
	}

	/** What the program has made is known: the log's own event, which was compared with it then, is not read again. */
	#takeMade(actual: StoredEvent): void {
		this.#taken(actual);
		this.fold(actual);
		this.#made.delete(this.#position);
		this.#pace?.began(actual.atMs);
		this.#pass(this.#script.index.chainAt(this.#position));
	}

	#pass(recordedChain: ChainHash): void {
		this.#position++;
		this.#recordedChain = recordedChain;
	}
}
