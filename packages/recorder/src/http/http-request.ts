import type { CanonicalValue } from "@retake/changeset";
import { canonicalBody } from "./http-body.ts";
import { canonicalHeaders, type HeaderList, headerValue } from "./http-headers.ts";
import type { HttpPolicy } from "./http-policy.ts";
import { canonicalUrl } from "./http-url.ts";

/** What calls over HTTP are named on record. */
export const httpCallName = "http";

/** A request as it goes over the wire. */
export interface HttpRequestParts {
	readonly method: string;
	/** Absolute. */
	readonly url: string;
	/** In order; names in any case. */
	readonly headers: HeaderList;
	/** Whole; null for none. */
	readonly body: Uint8Array | null;
}

/**
 * Returns what a request is recorded and recognised as: method, URL, headers that matter, body. Credentials are in none of them, nor is
 * what differs from one sending to the next (boundaries, traces, lengths). Two requests are the same where these are equal.
 */
export function canonicalRequest(request: HttpRequestParts, policy: HttpPolicy = {}): CanonicalValue {
	const contentType = headerValue(request.headers, "content-type");
	return {
		method: request.method.toUpperCase(),
		url: canonicalUrl(request.url, policy),
		headers: canonicalHeaders(request.headers, policy),
		body: canonicalBody(request.body, contentType, policy),
	};
}
