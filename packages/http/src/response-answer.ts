import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { isRetakeError } from "@retake/base";
import { decodeHead, type HeaderList, httpStreams } from "@retake/recorder";
import type { Answer, Trailers } from "./exchanges.ts";

/** Says how a message is carried over one connection: written anew for ours. RFC 9110, section 7.6.1. */
const ofConnection = new Set("connection keep-alive proxy-connection transfer-encoding upgrade".split(" "));

/** Writes a response to the process, each piece by itself. */
export class ResponseAnswer implements Answer {
	readonly #response: ServerResponse;

	constructor(response: ServerResponse) {
		this.#response = response;
		response.sendDate = false;
	}

	piece(stream: string, bytes: Uint8Array): void {
		if (this.#response.destroyed) return;
		if (stream === httpStreams.body) {
			this.#response.write(bytes);
			return;
		}
		const { status, statusText, headers } = decodeHead(bytes);
		this.#response.writeHead(status, statusText, flat(headers));
		this.#response.flushHeaders();
	}

	async ready(): Promise<void> {
		if (!this.#response.writableNeedDrain || this.#response.destroyed) return;
		const settled = new AbortController();
		const { signal } = settled;
		try {
			await Promise.race([once(this.#response, "drain", { signal }), once(this.#response, "close", { signal })]);
		} finally {
			settled.abort();
		}
	}

	end(trailers: Trailers): void {
		if (this.#response.destroyed) return;
		if (trailers !== null && trailers.length > 0)
			this.#response.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
		this.#response.end();
	}

	/** Tells the process that there is no answer, or no more of it: by a status, or by breaking off. */
	fail(thrown: unknown): void {
		const { status, body, retry } = failureOf(thrown);
		if (this.#response.headersSent) this.#response.destroy();
		else refuse(this.#response, status, body, retry);
	}
}

/** Answers with an error of the proxy's own, in the shape that clients of models read. */
export function refuse(response: ServerResponse, status: number, body: RefusalBody, retry = false): void {
	const text = JSON.stringify({ error: { type: "retake", ...body } });
	response.writeHead(status, {
		"content-type": "application/json",
		"content-length": String(Buffer.byteLength(text)),
		...(retry ? {} : { "x-should-retry": "false" }),
	});
	response.end(text);
}

/** What an error of the proxy's own says. */
export interface RefusalBody {
	readonly code: string;
	readonly message: string;
	readonly remedy?: string | null;
	readonly data?: unknown;
}

function failureOf(thrown: unknown): { status: number; body: RefusalBody; retry: boolean } {
	if (!isRetakeError(thrown)) {
		return {
			status: 500,
			body: { code: "BUG", message: thrown instanceof Error ? thrown.message : String(thrown) },
			retry: false,
		};
	}
	const { code, message, remedy = null, data } = thrown;
	// An upstream that failed may be asked again; what is not on the tape will not be there the next time.
	const isUpstream = code === "TOOL_FAILED";
	return {
		status: isUpstream ? 502 : 500,
		body: { code, message, remedy, ...(code === "DIVERGENCE" ? { data } : {}) },
		retry: isUpstream,
	};
}

function flat(headers: HeaderList): string[] {
	return headers.filter(([name]) => !ofConnection.has(name.toLowerCase())).flatMap(([name, value]) => [name, value]);
}
