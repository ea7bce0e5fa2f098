import { AsyncLocalStorage } from "node:async_hooks";
import { type CanonicalValue, decodeCanonical } from "@retake/changeset";
import type { CallRequest, Delivered } from "../call-port.ts";
import { cancelled } from "../record/live-call.ts";
import type { RecordedError } from "../trace/event.ts";
import { fromRecordedError } from "../trace/recorded-error.ts";
import type { StoredChunk, StoredSettled } from "../trace/stored-event.ts";
import type { ScriptCall } from "./script.ts";

/** A call that the program waits for: hands it what was recorded, as `LiveCall` hands it what happens. */
export class ReplayedCall {
	readonly scripted: ScriptCall;
	readonly #request: CallRequest;
	/** Hands over a part in the program's own asynchronous context; null where nobody takes parts. */
	readonly #onChunk: CallRequest["onChunk"] | null;
	readonly #ended = Promise.withResolvers<Delivered>();
	#failure: { readonly thrown: unknown } | null = null;

	constructor(scripted: ScriptCall, request: CallRequest) {
		this.scripted = scripted;
		this.#request = request;
		this.#onChunk = request.onChunk === undefined ? null : AsyncLocalStorage.bind(request.onChunk);
	}

	/** Settles when the recorded end was delivered. */
	get ended(): Promise<Delivered> {
		return this.#ended.promise;
	}

	/** Whether the program has cancelled the call by now. */
	get aborted(): boolean {
		return this.#request.signal?.aborted === true;
	}

	/** Calls back when the program cancels the call. */
	onAbort(listener: () => void): void {
		this.#request.signal?.addEventListener("abort", listener, { once: true });
	}

	chunk({ stream }: StoredChunk, bytes: Uint8Array): void {
		if (this.#failure !== null) return;
		try {
			this.#onChunk?.(stream, bytes);
		} catch (thrown) {
			this.#failure = { thrown };
		}
	}

	settle({ outcome, changesetId, atMs }: StoredSettled, bytes: Uint8Array): void {
		const value: CanonicalValue = decodeCanonical(bytes);
		if (this.#failure !== null) this.#ended.reject(this.#failure.thrown);
		else if (outcome === "result") this.#ended.resolve({ value, changesetId, durationMs: atMs - this.scripted.atMs });
		else this.#ended.reject(fromRecordedError(value as unknown as RecordedError));
	}

	cancel(): void {
		this.#ended.reject(this.#failure === null ? cancelled() : this.#failure.thrown);
	}

	/** Ends the call with an error of the playback's own. */
	fail(error: unknown): void {
		this.#ended.reject(error);
	}
}
