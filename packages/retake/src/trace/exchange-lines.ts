import type { CanonicalValue } from "@retake/changeset";
import { decodeHead, type HttpResponseHead, httpCallName, httpStreams, type TraceCall } from "@retake/recorder";
import { escapeText } from "../terminal/escape-text.ts";
import { formatCount } from "../terminal/format.ts";
import { jsonValue } from "./json-value.ts";
import { streamedText } from "./streamed-text.ts";
import { valueField } from "./value-field.ts";
import { previewLines } from "./value-preview.ts";

/** Tells whether a call is an HTTP exchange. */
export function isExchange({ identity, input }: TraceCall): boolean {
	return identity.tool === httpCallName && valueField(input, "url") !== undefined;
}

/** Writes a recorded request on one line, not escaped: its method and URL. */
export function exchangeTitle(request: CanonicalValue): string {
	return ["method", "url"].map((name) => scalarOf(valueField(request, name))).join(" ");
}

function scalarOf(value: CanonicalValue | undefined): string {
	return typeof value === "string" ? value : JSON.stringify(value ?? null);
}

/** Reads the head of the response; null where none came. */
export function responseHead({ chunks }: TraceCall): HttpResponseHead | null {
	const head = chunks.find(({ stream }) => stream === httpStreams.head);
	return head === undefined ? null : decodeHead(head.bytes);
}

/** Writes a request as it was recorded, escaped. */
export function requestLines({ input }: TraceCall): string[] {
	const body = valueField(input, "body") ?? null;
	const [kind] = typeof body === "object" && body !== null && !(body instanceof Uint8Array) ? Object.keys(body) : [];
	const content = kind === undefined ? body : (valueField(body, kind) ?? null);
	return [
		escapeText(exchangeTitle(input)),
		...Object.entries((valueField(input, "headers") ?? {}) as Readonly<Record<string, string>>).map(([name, value]) =>
			escapeText(`${name}: ${value}`),
		),
		...(body === null ? [] : ["", ...previewLines(bodyText(content), "/input/body")]),
	];
}

/** Writes what came back, escaped: the head, the text that a model streamed, or else the body. */
export function responseLines(call: TraceCall): string[] {
	const head = responseHead(call);
	if (head === null) return [];
	const pieces = call.chunks.filter(({ stream }) => stream === httpStreams.body).map(({ bytes }) => bytes);
	const body = Buffer.concat(pieces);
	const streamed = streamedText(body.toString("utf8"));
	const isCompressed = head.headers.some(([name]) => name.toLowerCase() === "content-encoding");
	const size = `${formatCount(body.byteLength, "byte")} in ${formatCount(pieces.length, "piece")}`;
	return [
		escapeText(`${head.status} ${head.statusText}`.trimEnd()),
		...head.headers.map(([name, value]) => escapeText(`${name}: ${value}`)),
		"",
		...(streamed === null ? [] : [`streamed text (${size}):`, ...previewLines(streamed, "body")]),
		...(streamed !== null || body.byteLength === 0
			? []
			: isCompressed
				? [`(compressed, ${size})`]
				: previewLines(body, "body")),
	];
}

function bodyText(content: CanonicalValue): string | Uint8Array {
	if (typeof content === "string") return content;
	return content instanceof Uint8Array ? content : JSON.stringify(jsonValue(content), null, 2);
}
