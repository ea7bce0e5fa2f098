import { type HttpPolicy, namesInclude } from "./http-policy.ts";

/** Headers in their order, with repetitions. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Says how a message travels, not what it is. RFC 9110, section 7.6.1. */
const ofTransport = new Set(
	"connection keep-alive proxy-connection te trailer transfer-encoding upgrade host content-length accept-encoding expect via".split(
		" ",
	),
);

/** Differs between two sendings of the same request: who sends it, when, on whose behalf, for which time. */
const ofSending = new Set(
	[
		"user-agent date idempotency-key traceparent tracestate baggage b3 sentry-trace x-request-id x-correlation-id",
		"x-client-request-id x-amzn-trace-id x-cloud-trace-context x-amz-date x-amz-content-sha256 x-goog-api-client",
	]
		.join(" ")
		.split(" "),
);

const ofSendingPrefix = /^(x-b3-|x-datadog-|x-stainless-|sec-fetch-|sec-ch-|x-forwarded-)/;

const credentials = new Set(
	"authorization proxy-authorization cookie set-cookie set-cookie2 authentication-info x-goog-iam-authorization-token".split(
		" ",
	),
);

/** Names that people give to what must not be written down. */
const credentialPattern =
	/(^|[-_])(api-?key|apikey|token|secret|password|passwd|signature|credentials?|auth|jwt)([-_]|$)/;

/** Tells whether a header carries a credential, by its name. */
export function isCredentialHeader(name: string): boolean {
	const lower = name.toLowerCase();
	return credentials.has(lower) || credentialPattern.test(lower);
}

/** The headers by which a request is recognised: lower case, sorted, those of one name joined as RFC 9110, section 5.3, says. */
export function canonicalHeaders(headers: HeaderList, policy: HttpPolicy): Readonly<Record<string, string>> {
	const joined = new Map<string, string>();
	for (const [name, value] of headers) {
		const lower = name.toLowerCase();
		if (!matters(lower, policy)) continue;
		const before = joined.get(lower);
		const own = lower === "content-type" ? withoutBoundary(value) : value.trim();
		joined.set(lower, before === undefined ? own : `${before}, ${own}`);
	}
	return Object.fromEntries([...joined].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The headers of a response as they are recorded: all but credentials, in their order, lower case. */
export function recordedHeaders(headers: HeaderList, policy: HttpPolicy): HeaderList {
	return headers
		.map(([name, value]) => [name.toLowerCase(), value] as const)
		.filter(([name]) => namesInclude(policy.keepHeaders, name) || !isLeftOut(name, policy, isCredentialHeader));
}

/** Returns the value of the first header of a name, in any case; null for none. */
export function headerValue(headers: HeaderList, name: string): string | null {
	return headers.find(([one]) => one.toLowerCase() === name)?.[1] ?? null;
}

function matters(name: string, policy: HttpPolicy): boolean {
	if (namesInclude(policy.keepHeaders, name)) return true;
	return !isLeftOut(name, policy, (one) => isCredentialHeader(one) || isIncidental(one));
}

function isLeftOut(name: string, policy: HttpPolicy, usually: (name: string) => boolean): boolean {
	return namesInclude(policy.ignoreHeaders, name) || usually(name);
}

function isIncidental(name: string): boolean {
	return ofTransport.has(name) || ofSending.has(name) || ofSendingPrefix.test(name);
}

/** A boundary is drawn anew for each request; the parts are recorded without it. */
function withoutBoundary(contentType: string): string {
	return contentType.trim().replace(/;\s*boundary=("[^"]*"|[^;]*)/i, "");
}
