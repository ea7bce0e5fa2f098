import type { CanonicalValue } from "@retake/changeset";
import type { HttpPolicy } from "./http-policy.ts";
import { canonicalFields } from "./http-url.ts";
import { losslessJson } from "./lossless-json.ts";
import { readMultipart } from "./read-multipart.ts";

/**
 * Returns a body as it is recorded: `{ json }`, `{ form }`, `{ multipart }` or `{ text }` where it is one, so that a difference can be
 * told by its place, and its bytes else. Null for none and for one without bytes.
 */
export function canonicalBody(
	bytes: Uint8Array | null,
	contentType: string | null,
	policy: HttpPolicy,
): CanonicalValue {
	if (bytes === null || bytes.byteLength === 0) return null;
	const [type = ""] = (contentType ?? "").toLowerCase().split(";", 1);
	const boundary = /^\s*multipart\//.test(type) ? boundaryOf(contentType ?? "") : null;
	const parts = boundary === null ? null : readMultipart(bytes, boundary);
	if (parts !== null) {
		return {
			multipart: parts.map(({ headers, body }) => ({
				headers,
				body: canonicalBody(body, headers["content-type"] ?? null, policy),
			})),
		};
	}
	const text = utf8Of(bytes);
	if (text === null) return bytes;
	if (/^\s*application\/x-www-form-urlencoded\s*$/.test(type)) {
		return { form: canonicalFields([...new URLSearchParams(text)], policy) };
	}
	// Some clients send JSON under another name or none.
	const json = /json|^\s*$|text\/plain/.test(type) ? losslessJson(text) : undefined;
	return json === undefined ? { text } : { json };
}

function boundaryOf(contentType: string): string | null {
	const [, quoted, plain] = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType) ?? [];
	return quoted ?? plain ?? null;
}

/** The text that bytes spell as UTF-8; null where they spell none. */
function utf8Of(bytes: Uint8Array): string | null {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return null;
	}
}
