import { AsyncLocalStorage } from "node:async_hooks";
import { RetakeError } from "@retake/base";
import { decodeCanonical, encodeCanonical } from "@retake/changeset";
import type { CallRequest, Delivered, Executed } from "../call-port.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { StreamRedactor } from "../secrets/stream-redactor.ts";
import type { CallAddress, RecordedError } from "../trace/event.ts";
import { errorValue, fromRecordedError, toRecordedError } from "../trace/recorded-error.ts";
import type { TurnQueue } from "../turn-queue.ts";
import type { EventLog } from "./event-log.ts";

/** What a live call needs of its recorder. */
export interface LiveCallSite {
	readonly log: EventLog;
	readonly deliveries: TurnQueue;
	readonly redactor: Redactor;
}

/** A call between its issue and its end: every delivery is written down first, then handed to the program. */
export class LiveCall {
	readonly #site: LiveCallSite;
	readonly #address: CallAddress;
	readonly #issuedAtMs: number;
	readonly #request: CallRequest;
	readonly #streams = new Map<string, StreamRedactor>();
	readonly #inProgram: <Value>(body: () => Value) => Value;
	readonly #ended = Promise.withResolvers<Delivered>();
	#failure: { readonly thrown: unknown } | null = null;
	#closed = false;

	constructor(site: LiveCallSite, address: CallAddress, issuedAtMs: number, request: CallRequest) {
		this.#issuedAtMs = issuedAtMs;
		this.#site = site;
		this.#address = address;
		this.#request = request;
		this.#inProgram = AsyncLocalStorage.snapshot();
	}

	/** Settles when the end of the call has been written down. */
	get ended(): Promise<Delivered> {
		return this.#ended.promise;
	}

	/** Takes a part of the output from the tool. What comes after the tool has settled belongs to nobody and is dropped. */
	chunk(stream: string, bytes: Uint8Array): void {
		if (this.#closed) return;
		let redactor = this.#streams.get(stream);
		if (redactor === undefined) {
			redactor = new StreamRedactor(this.#site.redactor);
			this.#streams.set(stream, redactor);
		}
		// The tool may use its buffer again before the delivery's turn comes.
		this.#enqueueChunk(stream, redactor.push(bytes).slice());
	}

	/** Takes the result from the tool. */
	succeed(executed: Executed): void {
		let encoded: Uint8Array;
		try {
			encoded = encodeCanonical(this.#site.redactor.value(executed.value));
		} catch (thrown) {
			this.fail(thrown);
			return;
		}
		this.#end(() => {
			const { log } = this.#site;
			const { changesetId, attributesId = null } = executed;
			const payload = log.payload(encoded);
			const atMs = log.atMs();
			log.append({
				kind: "settled",
				address: this.#address,
				outcome: "result",
				changesetId,
				attributesId,
				payload,
				atMs,
			});
			const durationMs = atMs - this.#issuedAtMs;
			// What the program gets is what was written, so that it cannot tell a replay from this.
			return () => this.#ended.resolve({ value: decodeCanonical(encoded), changesetId, durationMs });
		});
	}

	/** Takes what the tool threw. After the program has cancelled, it is the cancellation that is written down. */
	fail(thrown: unknown): void {
		if (this.#request.signal?.aborted === true) {
			this.cancel(thrown);
			return;
		}
		const error = this.#site.redactor.value(errorValue(toRecordedError(thrown)));
		this.#end(() => {
			const { log } = this.#site;
			const payload = log.payload(encodeCanonical(error));
			log.append({
				kind: "settled",
				address: this.#address,
				outcome: "error",
				changesetId: null,
				attributesId: null,
				payload,
				atMs: log.atMs(),
			});
			// The error that is on record, so that the program cannot tell a replay from this; with its stack, for people.
			const again = fromRecordedError(error as unknown as RecordedError);
			if (thrown instanceof Error && thrown.stack !== undefined) again.stack = thrown.stack;
			return () => this.#ended.reject(again);
		});
	}

	/** Ends the call as cancelled by the program. */
	cancel(cause?: unknown): void {
		this.#end(() => {
			const { log } = this.#site;
			log.append({ kind: "cancelled", address: this.#address, atMs: log.atMs() });
			return () => this.#ended.reject(cancelled(cause));
		});
	}

	#end(write: () => () => void): void {
		this.#closed = true;
		for (const [stream, redactor] of this.#streams) this.#enqueueChunk(stream, redactor.end());
		this.#site.deliveries.push(() => {
			try {
				const deliver = write();
				if (this.#failure === null) deliver();
				else this.#ended.reject(this.#failure.thrown);
			} catch (thrown) {
				this.#ended.reject(thrown);
			}
		});
	}

	#enqueueChunk(stream: string, bytes: Uint8Array): void {
		if (bytes.byteLength === 0) return;
		this.#site.deliveries.push(() => {
			if (this.#failure !== null) return;
			const { log } = this.#site;
			try {
				const payload = log.payload(bytes);
				log.append({ kind: "chunk", address: this.#address, stream, payload, atMs: log.atMs() });
				this.#inProgram(() => this.#request.onChunk?.(stream, bytes));
			} catch (thrown) {
				this.#failure = { thrown };
			}
		});
	}
}

/** Makes the error that a cancelled call ends with. */
export function cancelled(cause?: unknown): RetakeError {
	return new RetakeError("INTERRUPTED", "the call was cancelled", cause === undefined ? {} : { cause });
}
