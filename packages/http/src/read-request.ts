import type { IncomingMessage } from "node:http";
import { RetakeError } from "@retake/base";
import type { HeaderList } from "@retake/recorder";
import { decodeBody } from "./content-coding.ts";
import type { ReceivedRequest } from "./exchanges.ts";
import { requestBodyBytesMax } from "./http-limits.ts";
import type { UpstreamCredential } from "./upstream.ts";

/** Reads a request to its end. Throws `LIMIT_EXCEEDED`, and what the connection does where the process goes away. */
export async function readRequest(
	message: IncomingMessage,
	url: string,
	credential: UpstreamCredential | null,
): Promise<ReceivedRequest> {
	const announced = Number(message.headers["content-length"] ?? 0);
	if (announced > requestBodyBytesMax) throw tooLong();
	const pieces: Buffer[] = [];
	let length = 0;
	for await (const piece of message as AsyncIterable<Buffer>) {
		length += piece.byteLength;
		if (length > requestBodyBytesMax) {
			throw tooLong();
		}
		pieces.push(piece);
	}
	const body = Buffer.concat(pieces);
	const headers = pairs(message.rawHeaders);
	const coding = message.headers["content-encoding"];
	const decoded = coding === undefined ? null : await decodeBody(body, coding, requestBodyBytesMax);
	const plain = headers.filter(([name]) => decoded === null || name.toLowerCase() !== "content-encoding");
	const parts = { method: message.method ?? "GET", url, headers: plain, body: decoded ?? body };
	return { parts, sent: { headers, body }, credential };
}

function tooLong(): RetakeError {
	return new RetakeError("LIMIT_EXCEEDED", `a request's body is longer than ${requestBodyBytesMax} bytes`, {
		data: { limit: "requestBodyBytes", bytesMax: requestBodyBytesMax },
	});
}

/** Pairs names and values as `node:http` lists them. */
export function pairs(raw: readonly string[]): HeaderList {
	return Array.from(
		{ length: raw.length / 2 },
		(_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""] as const,
	);
}
