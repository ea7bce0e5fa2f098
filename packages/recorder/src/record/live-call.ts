import { AsyncLocalStorage } from "node:async_hooks";
import { RetakeError } from "@retake/base";
import { decodeCanonical, encodeCanonical } from "@retake/changeset";
import type { CallRequest, Delivered, Executed } from "../call-port.ts";
import { undeliveredBytesMax } from "../recorder-limits.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { StreamRedactor } from "../secrets/stream-redactor.ts";
import type { CallAddress, RecordedError } from "../trace/event.ts";
import { errorValue, fromRecordedError, toRecordedError } from "../trace/recorded-error.ts";
import type { StoredEvent } from "../trace/stored-event.ts";
import type { TurnQueue } from "../turn-queue.ts";
import type { EventLog } from "./event-log.ts";

/** What a live call needs of its recorder. */
export interface LiveCallSite {
	readonly log: EventLog;
	readonly turns: TurnQueue;
	readonly redactor: Redactor;
	/** Whether no other call is under way. */
	readonly isAlone: () => boolean;
}

/** An end to be written, and what the program is handed then. */
interface CallEnd {
	readonly event: (atMs: number) => StoredEvent;
	readonly bytes: number;
	readonly deliver: (atMs: number) => void;
}

/** A call between its issue and its end: every delivery is written down first, then handed to the program. */
export class LiveCall {
	readonly #site: LiveCallSite;
	readonly #address: CallAddress;
	readonly #issuedAtMs: number;
	readonly #request: CallRequest;
	readonly #streams = new Map<string, StreamRedactor>();
	/** Hands over a part in the program's own asynchronous context; null where nobody takes parts. */
	readonly #onChunk: CallRequest["onChunk"] | null;
	readonly #ended = Promise.withResolvers<Delivered>();
	#undeliveredBytes = 0;
	#failure: { readonly thrown: unknown } | null = null;
	#overrun: RetakeError | null = null;
	#isRefused = false;
	#closed = false;

	constructor(site: LiveCallSite, address: CallAddress, issuedAtMs: number, request: CallRequest) {
		this.#issuedAtMs = issuedAtMs;
		this.#site = site;
		this.#address = address;
		this.#request = request;
		this.#onChunk = request.onChunk === undefined ? null : AsyncLocalStorage.bind(request.onChunk);
	}

	/** Settles when the end of the call has been written down. */
	get ended(): Promise<Delivered> {
		return this.#ended.promise;
	}

	/**
	 * Takes a part of the output from the tool; resolves when it has been delivered, or never will be. What comes after the tool has settled belongs to
	 * nobody and is dropped.
	 */
	async chunk(stream: string, bytes: Uint8Array): Promise<void> {
		if (this.#closed) return;
		// Before anything is copied.
		if (this.#undeliveredBytes + bytes.byteLength > undeliveredBytesMax) this.#overrun ??= tooMuchUndelivered();
		if (this.#overrun !== null) return;
		let redactor = this.#streams.get(stream);
		if (redactor === undefined) {
			redactor = new StreamRedactor(this.#site.redactor);
			this.#streams.set(stream, redactor);
		}
		// The tool may use its buffer again before the delivery's turn comes.
		await this.#enqueueChunk(stream, redactor.push(bytes).slice());
	}

	/** Takes the result from the tool. */
	succeed(executed: Executed): void {
		if (this.#overrun !== null) {
			this.fail(this.#overrun);
			return;
		}
		this.#end(() => {
			const encoded = encodeCanonical(this.#site.redactor.value(executed.value));
			const { changesetId, attributesId = null } = executed;
			const payload = this.#site.log.payload(encoded);
			const settled = {
				kind: "settled",
				address: this.#address,
				outcome: "result",
				changesetId,
				attributesId,
			} as const;
			return {
				event: (atMs) => ({ ...settled, payload, atMs }),
				bytes: encoded.byteLength,
				// What the program gets is what was written, so that it cannot tell a replay from this.
				deliver: (atMs) =>
					this.#ended.resolve({ value: decodeCanonical(encoded), changesetId, durationMs: atMs - this.#issuedAtMs }),
			};
		});
	}

	/** Takes what the tool threw. After the program has cancelled, it is the cancellation that is written down. */
	fail(thrown: unknown): void {
		if (this.#request.signal?.aborted === true) this.cancel(thrown);
		else this.#end(() => this.#errorEnd(thrown));
	}

	/** Ends the call as cancelled by the program. */
	cancel(cause?: unknown): void {
		this.#end(() => ({
			event: (atMs) => ({ kind: "cancelled", address: this.#address, atMs }),
			bytes: 0,
			deliver: () => this.#ended.reject(cancelled(cause)),
		}));
	}

	#errorEnd(thrown: unknown): CallEnd {
		const error = this.#site.redactor.value(errorValue(toRecordedError(thrown)));
		const encoded = encodeCanonical(error);
		const payload = this.#site.log.payload(encoded);
		const nothing = { changesetId: null, attributesId: null };
		const settled = { kind: "settled", address: this.#address, outcome: "error", ...nothing } as const;
		// The error that is on record, so that the program cannot tell a replay from this; with its stack, for people.
		const again = fromRecordedError(error as unknown as RecordedError);
		if (thrown instanceof Error && thrown.stack !== undefined) again.stack = thrown.stack;
		return {
			event: (atMs) => ({ ...settled, payload, atMs }),
			bytes: encoded.byteLength,
			deliver: () => this.#ended.reject(again),
		};
	}

	#end(make: () => CallEnd): void {
		this.#closed = true;
		for (const [stream, redactor] of this.#streams) void this.#enqueueChunk(stream, redactor.end());
		const { log, turns, isAlone } = this.#site;
		let end: CallEnd;
		try {
			end = make();
		} catch (thrown) {
			this.#refuseEnd(thrown);
			return;
		}
		const { event, bytes, deliver } = end;
		const written = (atMs: number) =>
			turns.push(() => {
				if (this.#failure === null) deliver(atMs);
				else this.#ended.reject(this.#failure.thrown);
			});
		log.deliver({ event, written, refused: (thrown) => this.#ended.reject(thrown), alone: isAlone() }, bytes);
	}

	/** A result that cannot be written is an error that can; where that cannot either, the store is at fault, and the call has no end. */
	#refuseEnd(thrown: unknown): void {
		if (this.#isRefused) this.#ended.reject(thrown);
		else {
			this.#isRefused = true;
			this.fail(thrown);
		}
	}

	async #enqueueChunk(stream: string, bytes: Uint8Array): Promise<void> {
		if (bytes.byteLength === 0 || this.#failure !== null) return;
		const { log, turns, isAlone } = this.#site;
		const fail = (thrown: unknown) => {
			this.#failure ??= { thrown };
		};
		const gone = Promise.withResolvers<void>();
		this.#undeliveredBytes += bytes.byteLength;
		const deliver = () => {
			this.#undeliveredBytes -= bytes.byteLength;
			gone.resolve();
			if (this.#failure !== null) return;
			try {
				this.#onChunk?.(stream, bytes);
			} catch (thrown) {
				fail(thrown);
			}
		};
		try {
			const payload = log.payload(bytes);
			const event = (atMs: number) => ({ kind: "chunk", address: this.#address, stream, payload, atMs }) as const;
			const refused = (thrown: unknown) => {
				fail(thrown);
				gone.resolve();
			};
			log.deliver({ event, written: () => turns.push(deliver), refused, alone: isAlone() }, bytes.byteLength);
		} catch (thrown) {
			fail(thrown);
			return;
		}
		await gone.promise;
	}
}

/** Makes the error that a cancelled call ends with. */
export function cancelled(cause?: unknown): RetakeError {
	return new RetakeError("INTERRUPTED", "the call was cancelled", cause === undefined ? {} : { cause });
}

function tooMuchUndelivered(): RetakeError {
	return new RetakeError(
		"LIMIT_EXCEEDED",
		`more than ${undeliveredBytesMax} bytes of a call's output wait to be delivered`,
		{
			data: { limit: "undeliveredBytesMax", bytes: undeliveredBytesMax },
			remedy: "await what `chunk` returns before the next part is handed to it",
		},
	);
}
