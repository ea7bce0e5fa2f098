import type { HttpRequestParts } from "@retake/recorder";
import type { UpstreamCredential } from "./upstream.ts";

/** A request of the process, whole. */
export interface ReceivedRequest {
	/** As it is recognised: its body decoded. */
	readonly parts: HttpRequestParts;
	/** As it came, to be sent on. */
	readonly sent: { readonly headers: HttpRequestParts["headers"]; readonly body: Uint8Array };
	readonly credential: UpstreamCredential | null;
}

/** Takes a response as it comes. */
export interface Answer {
	/** Takes a piece of the stream `head` or `body`. */
	piece(stream: string, bytes: Uint8Array): void;
	/** Resolves when the process has taken enough of what was written for more to be written. */
	ready(): Promise<void>;
}

/** Whoever answers the requests of a process: a session that sends them on and records, or a record. */
export interface Exchanges {
	/**
	 * Answers one request. Returns the response's trailers when it has ended. Throws what kept it from being answered: `INTERRUPTED` where
	 * `gone` aborted, since the process has gone away. What is done before it first waits is done in the order in which requests came.
	 */
	exchange(request: ReceivedRequest, answer: Answer, gone: AbortSignal): Promise<Trailers>;
}

/** Headers after the body; null for none. */
export type Trailers = HttpRequestParts["headers"] | null;
