import type { Readable, Writable } from "node:stream";
import { StdioServerTransport, serveStdio } from "@modelcontextprotocol/server/stdio";
import type { McpServerFactory } from "./create-server-factory.ts";

/** A server on a pair of streams. */
export interface StdioService {
	/** Resolves when the client has closed its end. */
	readonly closed: Promise<void>;
	close(): Promise<void>;
}

/** Serves one client over a pair of streams, by either era of the protocol. */
export function serveStreams(
	factory: McpServerFactory,
	streams: { readonly input: Readable; readonly output: Writable },
	onError: (error: Error) => void,
): StdioService {
	const transport = new StdioServerTransport(streams.input, streams.output);
	const closed = new Promise<void>((resolve) => {
		streams.input.once("end", resolve);
		streams.input.once("close", resolve);
	});
	const handle = serveStdio(factory, { transport, onerror: onError });
	return { closed, close: () => handle.close() };
}
