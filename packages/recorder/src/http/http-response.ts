import { RetakeError } from "@retake/base";
import { type HeaderList, recordedHeaders } from "./http-headers.ts";
import type { HttpPolicy } from "./http-policy.ts";
import { canonicalUrl } from "./http-url.ts";

/**
 * The streams of a call over HTTP: one chunk `head` with the encoded head, then a chunk `body` for each piece in which the body came. The
 * call settles when the body has ended.
 */
export const httpStreams = { head: "head", body: "body" } as const;

/** What comes before a response's body. */
export interface HttpResponseHead {
	readonly status: number;
	readonly statusText: string;
	/** In order, with repetitions. */
	readonly headers: HeaderList;
	/** Where it came from in the end; absent where nothing was redirected. */
	readonly redirectedTo?: string;
}

/**
 * Encodes a head as it is recorded, as JSON, in which a secret may be replaced; credentials such as `set-cookie` are left out.
 */
export function encodeHead(head: HttpResponseHead, policy: HttpPolicy = {}): Uint8Array {
	const { status, statusText, headers, redirectedTo } = head;
	const recorded: HttpResponseHead = {
		status,
		statusText,
		headers: recordedHeaders(headers, policy),
		...(redirectedTo === undefined ? {} : { redirectedTo: canonicalUrl(redirectedTo, policy) }),
	};
	return Buffer.from(JSON.stringify(recorded), "utf8");
}

/** Reads what `encodeHead` wrote. Throws `TRACE_TAMPERED` for anything else. */
export function decodeHead(bytes: Uint8Array): HttpResponseHead {
	const head = parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
	if (typeof head?.status === "number" && Array.isArray(head.headers))
		return { statusText: "", ...head } as HttpResponseHead;
	throw new RetakeError("TRACE_TAMPERED", "a recorded response has no head that can be read");
}

function parse(text: string): Partial<HttpResponseHead> | null {
	try {
		return JSON.parse(text) as Partial<HttpResponseHead> | null;
	} catch {
		return null;
	}
}
