import type { HttpRequestParts } from "@retake/recorder";
import type { Fetch } from "./wrap-fetch.ts";

/** A request that is about to be sent. */
export interface OutgoingRequest {
	readonly parts: HttpRequestParts;
	/** Aborted when the caller cancels. */
	readonly signal: AbortSignal;
	readonly send: (fetch: Fetch, signal: AbortSignal) => Promise<Response>;
}

/**
 * Reads what `fetch` was handed: at once where the body is text, bytes or none, else when it has been read to its end. Throws what `fetch`
 * rejects with for a request that cannot be made.
 */
export function readRequest(
	input: Parameters<Fetch>[0],
	init?: RequestInit,
): OutgoingRequest | Promise<OutgoingRequest> {
	const request = new Request(input, init);
	const atHand = request.body === null ? null : bytesAtHand(init?.body);
	const headers = [...request.headers];
	const { method, url, signal } = request;
	if (atHand !== undefined) {
		const send = (fetch: Fetch, inner: AbortSignal): Promise<Response> => {
			// Making the request has emptied one that was handed in.
			const target = input instanceof Request ? request : input;
			return fetch(target, { ...init, signal: inner });
		};
		return { parts: { method, url, headers, body: atHand }, signal, send };
	}
	return readBody(request).then((body) => ({
		parts: { method, url, headers, body },
		signal,
		send: (fetch, inner) => {
			const { body: _body, ...others } = init ?? {};
			const { redirect, credentials, cache, mode, referrerPolicy, integrity, keepalive } = request;
			const settings = { redirect, credentials, cache, mode, referrerPolicy, integrity, keepalive };
			return fetch(url, { ...settings, ...others, method, headers, body, signal: inner });
		},
	}));
}

async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
	return new Uint8Array(await request.arrayBuffer());
}

/** The bytes of a body that needs no reading; undefined for one that does. */
function bytesAtHand(body: RequestInit["body"]): Uint8Array | undefined {
	if (typeof body === "string") return Buffer.from(body, "utf8");
	if (body instanceof URLSearchParams) return Buffer.from(body.toString(), "utf8");
	if (body instanceof ArrayBuffer) return new Uint8Array(body);
	// What is sent later must be what was recorded now, but fetch itself copies when it is called: so do we.
	if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
	return undefined;
}
