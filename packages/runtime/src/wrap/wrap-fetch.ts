import { RetakeError } from "@retake/base";
import { canonicalRequest, encodeHead, type HttpPolicy, httpCallName, httpStreams } from "@retake/recorder";
import type { AgentSession, ChunkWriter } from "../session.ts";
import { IssueTurns } from "./issue-turns.ts";
import { performRecorded } from "./perform-recorded.ts";
import { type OutgoingRequest, readRequest } from "./read-request.ts";
import { ResponseAssembly } from "./response-assembly.ts";

/** The longest response body that is recorded, bytes, where the caller says nothing. */
export const responseBytesMax = 256 * 1024 ** 2;

/** How `fetch` is wrapped. */
export interface WrapFetchOptions extends HttpPolicy {
	/** The longest response body, bytes; a longer one fails with `LIMIT_EXCEEDED`. */
	readonly responseBytesMax?: number;
}

/** The platform's `fetch`, or what stands for it. */
export type Fetch = typeof globalThis.fetch;

/** Puts requests over HTTP on record. See `AgentSession.wrapFetch`. */
export function wrapFetch(session: Pick<AgentSession, "perform">, fetch: Fetch, options: WrapFetchOptions = {}): Fetch {
	const turns = new IssueTurns();
	return (input, init) => {
		let issue: (request: OutgoingRequest) => Promise<Response>;
		try {
			issue = (request) => issueRequest(session, fetch, request, options);
			return turns.issue(readRequest(input, init), issue);
		} catch (error) {
			// The platform's fetch throws nothing at once.
			return Promise.reject(error);
		}
	};
}

function issueRequest(
	session: Pick<AgentSession, "perform">,
	fetch: Fetch,
	request: OutgoingRequest,
	options: WrapFetchOptions,
): Promise<Response> {
	const response = new ResponseAssembly(request.parts);
	const ended = performRecorded<number>(session, {
		name: httpCallName,
		input: canonicalRequest(request.parts, options),
		signal: AbortSignal.any([request.signal, response.unwanted]),
		onChunk: (stream, bytes) => response.take(stream, bytes),
		work: (signal, chunk) => exchange(fetch, request, signal, chunk, options),
	});
	ended.then(
		() => response.end(),
		(error: unknown) => response.fail(error),
	);
	return response.arrived;
}

/** Sends the request and hands on what comes: the head, then the body as it comes. Returns the body's length. */
async function exchange(
	fetch: Fetch,
	request: OutgoingRequest,
	signal: AbortSignal,
	chunk: ChunkWriter,
	options: WrapFetchOptions,
): Promise<number> {
	const response = await request.send(fetch, signal);
	const { status, statusText, headers, redirected, url } = response;
	const redirectedTo = redirected ? { redirectedTo: url } : {};
	await chunk(httpStreams.head, encodeHead({ status, statusText, headers: [...headers], ...redirectedTo }, options));
	const bytesMax = options.responseBytesMax ?? responseBytesMax;
	let length = 0;
	for await (const bytes of response.body ?? []) {
		length += bytes.byteLength;
		if (length > bytesMax) throw tooLong(bytesMax);
		await chunk(httpStreams.body, bytes);
	}
	return length;
}

function tooLong(maximum: number): RetakeError {
	return new RetakeError("LIMIT_EXCEEDED", `a response is longer than ${maximum} bytes`, {
		data: { limit: "responseBytesMax", maximum },
		remedy: "raise responseBytesMax of wrapFetch, or fetch it without recording",
	});
}
