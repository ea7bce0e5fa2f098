import type { Readable, Writable } from "node:stream";
import type { Transport } from "@modelcontextprotocol/server";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import type { McpServerFactory } from "./create-server-factory.ts";

/** Two streams, with a client at the other end. */
export interface ClientStreams {
	readonly input: Readable;
	readonly output: Writable;
}

/** Makes the transport to a client at the other end of two streams. */
export function streamTransport({ input, output }: ClientStreams): Transport {
	return new StdioServerTransport(input, output);
}

/** A server on a pair of streams. */
export interface StdioService {
	/** Resolves when the client has closed its end. */
	readonly closed: Promise<void>;
	close(): Promise<void>;
}

/** Serves one client over a pair of streams, by either era of the protocol. */
export function serveStreams(
	factory: McpServerFactory,
	streams: ClientStreams,
	onError: (error: Error) => void,
): StdioService {
	const transport = streamTransport(streams);
	const closed = new Promise<void>((resolve) => {
		streams.input.once("end", resolve);
		streams.input.once("close", resolve);
	});
	const handle = serveStdio(factory, { transport, onerror: onError });
	return { closed, close: () => handle.close() };
}
