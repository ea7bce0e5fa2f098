import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as requestPlainly } from "node:http";
import { request as requestSecurely } from "node:https";
import type { Readable } from "node:stream";
import { isRetakeError, RetakeError } from "@retake/base";
import { encodeHead, type HeaderList, httpStreams, isCredentialHeader } from "@retake/recorder";
import { decodingStreams } from "./content-coding.ts";
import type { Answer, ReceivedRequest, Trailers } from "./exchanges.ts";
import { connectTimeoutMs, headBytesMax, responseBodyBytesMax, upstreamSilenceMs } from "./http-limits.ts";
import { pairs } from "./read-request.ts";

/** Ours to say, since the connection is ours. */
const ofConnection = new Set(
	"host connection keep-alive proxy-connection proxy-authorization te transfer-encoding upgrade expect content-length".split(
		" ",
	),
);

/** How requests are sent on. */
export interface SendOptions {
	/** Bodies are asked for, and recorded, without compression: a secret inside of it could not be seen. */
	readonly plainBodies: boolean;
	/** Default: 256 MiB. */
	readonly responseBodyBytesMax?: number;
}

/**
 * Sends a request to where it is meant for and hands on what comes back, piece by piece, no faster than it is taken. Throws `TOOL_FAILED`
 * where the upstream cannot be reached, breaks off or does not speak HTTP, and `LIMIT_EXCEEDED`.
 */
export async function sendUpstream(
	received: ReceivedRequest,
	{ plainBodies, responseBodyBytesMax: bytesMax = responseBodyBytesMax }: SendOptions,
	piece: Answer["piece"],
	ready: Answer["ready"],
	signal: AbortSignal,
): Promise<Trailers> {
	const { method, url } = received.parts;
	const started = url.startsWith("https:") ? requestSecurely : requestPlainly;
	const request = started(url, {
		method,
		agent: false,
		signal,
		maxHeaderSize: headBytesMax,
		timeout: connectTimeoutMs,
		setDefaultHeaders: true,
	});
	for (const [name, value] of forwardedHeaders(received, plainBodies)) request.appendHeader(name, value);
	try {
		const response = await answered(request, received.sent.body);
		const { head, body } = plainBodies ? plain(response, method) : { head: pairs(response.rawHeaders), body: response };
		const { statusCode = 502, statusMessage = "" } = response;
		piece(httpStreams.head, encodeHead({ status: statusCode, statusText: statusMessage, headers: head }));
		await handOn(body, piece, ready, bytesMax);
		return response.rawTrailers.length === 0 ? null : pairs(response.rawTrailers);
	} catch (cause) {
		throw isRetakeError(cause) ? cause : upstreamFailed(url, cause);
	} finally {
		request.destroy();
	}
}

async function answered(request: ClientRequest, body: Uint8Array): Promise<IncomingMessage> {
	request.on("timeout", () => request.destroy(new Error("it did not answer in time")));
	request.on("socket", (socket) => socket.once("connect", () => request.setTimeout(upstreamSilenceMs)));
	const response = once(request, "response") as Promise<[IncomingMessage]>;
	// Errors after the response are the response's own.
	request.on("error", () => {});
	request.on("upgrade", (_response, socket) => socket.destroy(new Error("it wants another protocol")));
	request.end(body);
	return (await response)[0];
}

/** Reads by events: an iterator would put pieces together that lie ready at once. */
async function handOn(body: Readable, piece: Answer["piece"], ready: Answer["ready"], bytesMax: number): Promise<void> {
	const ended = Promise.withResolvers<void>();
	let length = 0;
	body.on("data", (bytes: Buffer) => {
		length += bytes.byteLength;
		if (length > bytesMax) {
			body.destroy(tooLong(bytesMax));
			return;
		}
		piece(httpStreams.body, bytes);
		body.pause();
		ready().then(() => body.resume(), ended.reject);
	});
	body.once("end", ended.resolve);
	body.once("error", ended.reject);
	body.once("close", () => ended.reject(new Error("it broke off")));
	await ended.promise;
}

function tooLong(bytesMax: number): RetakeError {
	return new RetakeError("LIMIT_EXCEEDED", `a response's body is longer than ${bytesMax} bytes`, {
		data: { limit: "responseBodyBytes", bytesMax },
	});
}

function forwardedHeaders({ sent, credential, parts }: ReceivedRequest, plainBodies: boolean): HeaderList {
	const named = new Set(
		sent.headers
			.filter(([name]) => name.toLowerCase() === "connection")
			.flatMap(([, value]) => value.toLowerCase().split(/\s*,\s*/)),
	);
	const kept = sent.headers.filter(([name]) => {
		const lower = name.toLowerCase();
		if (ofConnection.has(lower) || named.has(lower)) return false;
		if (plainBodies && lower === "accept-encoding") return false;
		return credential === null || !isCredentialHeader(lower);
	});
	const hasBody = sent.body.byteLength > 0 || !/^(GET|HEAD|DELETE|OPTIONS)$/.test(parts.method);
	return [
		...kept,
		...(plainBodies ? [["accept-encoding", "identity"] as const] : []),
		...(hasBody ? [["content-length", String(sent.body.byteLength)] as const] : []),
		...(credential === null ? [] : [[credential.header, credential.value] as const]),
	];
}

/** Takes the compression off a response that has one although none was asked for. */
function plain(response: IncomingMessage, method: string): { head: HeaderList; body: Readable } {
	const head = pairs(response.rawHeaders);
	const coding = response.headers["content-encoding"];
	const hasNone =
		coding === undefined || response.statusCode === 204 || response.statusCode === 304 || method === "HEAD";
	if (hasNone) return { head, body: response };
	const streams = decodingStreams(coding);
	if (streams === null) {
		throw new RetakeError("TOOL_FAILED", `the response is coded as ${coding}, in which secrets cannot be seen`, {
			remedy: "record without secrets, or ask the upstream for a body without compression",
		});
	}
	const body = streams.reduce<Readable>((source, stream) => {
		source.on("error", (error) => stream.destroy(error));
		return source.pipe(stream);
	}, response);
	return { head: head.filter(([name]) => !/^content-(encoding|length)$/i.test(name)), body };
}

function upstreamFailed(url: string, cause: unknown): RetakeError {
	const { code, message } = cause as NodeJS.ErrnoException;
	return new RetakeError("TOOL_FAILED", `${new URL(url).host} has not answered: ${code ?? message}`, {
		cause,
		data: { cause: code ?? "other" },
		remedy: "try the server by itself",
	});
}
