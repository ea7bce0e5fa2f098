import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostHeaderValidation, originValidation, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { RetakeError } from "@retake/base";
import type { McpServerFactory } from "./create-server-factory.ts";

/** Where and for whom a server listens. */
export interface HttpServiceOptions {
	/** Address to listen on. */
	readonly host: string;
	/** 0 for any that is free. */
	readonly port: number;
	/** What a client must send as `Authorization: Bearer`. */
	readonly token: string;
	/** Names by which clients may address the server, besides localhost. */
	readonly allowedHosts: readonly string[];
	readonly onError: (error: Error) => void;
}

/** A server that listens. */
export interface HttpService extends AsyncDisposable {
	/** Where clients reach it, with the port that it got. */
	readonly url: string;
}

/** The one path that is served. */
const servedPath = "/mcp";

/** The longest body of a request, bytes: a patch may be long. */
export const requestBytesMax = 32 * 1024 ** 2;

/**
 * Serves MCP over Streamable HTTP. Every request needs the token; names of hosts and origins other than the allowed ones are
 * refused, so that no page in a browser reaches the server through a name that it made point here. Throws `USAGE` for an
 * address that cannot be had.
 */
export async function serveHttp(factory: McpServerFactory, options: HttpServiceOptions): Promise<HttpService> {
	const names = ["localhost", "127.0.0.1", "[::1]", ...options.allowedHosts];
	const isHostAllowed = hostHeaderValidation(names);
	const isOriginAllowed = originValidation(names);
	const handler = createMcpHandler(factory, { onerror: options.onError, maxRequestBodySize: requestBytesMax });
	const handle = toNodeHandler(handler, { onerror: options.onError, maxRequestBodySize: requestBytesMax });
	const server = createServer((request, response) => {
		if (!isHostAllowed(request, response) || !isOriginAllowed(request, response)) return;
		if (!isAuthorised(request, options.token)) return refuse(response, 401, "the bearer token is missing or wrong");
		if (pathOf(request) !== servedPath) return refuse(response, 404, `only ${servedPath} is served`);
		handle(asReceived(request), response).catch(options.onError);
	});
	const port = await listen(server, options);
	const host = options.host.includes(":") ? `[${options.host}]` : options.host;
	return {
		url: `http://${host}:${port}${servedPath}`,
		async [Symbol.asyncDispose]() {
			await handler.close();
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await closed;
		},
	};
}

/** A request that a server has received has a method and a URL, which Node's type leaves open. */
function asReceived(request: IncomingMessage): IncomingMessage & { method: string; url: string } {
	const { method = "GET", url = "/" } = request;
	return Object.assign(request, { method, url });
}

function isAuthorised(request: IncomingMessage, token: string): boolean {
	const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
	// Hashes are of one length, which the comparison needs, and it tells nothing by its time.
	return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
	return createHash("sha256").update(text).digest();
}

function pathOf(request: IncomingMessage): string {
	return (request.url ?? "").split("?", 1)[0] ?? "";
}

function refuse(response: ServerResponse, status: 401 | 404, message: string): void {
	const challenge = status === 401 ? { "www-authenticate": 'Bearer realm="retake"' } : {};
	response.writeHead(status, { "content-type": "application/json", ...challenge });
	response.end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32_600, message }, id: null }));
}

function listen(server: Server, { host, port }: HttpServiceOptions): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", (cause) => {
			const remedy = "choose another address with --http HOST:PORT; port 0 takes any that is free";
			reject(new RetakeError("USAGE", `cannot listen on ${host}:${port}: ${cause.message}`, { cause, remedy }));
		});
		server.listen(port, host, () => {
			const address = server.address();
			resolve(typeof address === "object" && address !== null ? address.port : port);
		});
	});
}
