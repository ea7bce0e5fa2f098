import { mkdtempDisposableSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { createServerFactory, OpenSessions, serveHttp } from "@retake/mcp";
import { openRuntime } from "@retake/runtime";
import { expect, test } from "vitest";

const token = "the-right-token";

/** Opens the server as `retake mcp --http` does, and beside it the same protocol without any of its checks. */
async function openServers() {
	const scratch = mkdtempDisposableSync(join(tmpdir(), "retake-h33-"));
	const runtime = await openRuntime({ workspace: scratch.path, sandbox: "none" });
	const sessions = new OpenSessions(runtime, 60_000);
	const factory = createServerFactory({ runtime, sessions, version: "0.0.0", confirmCommits: "never" });
	const onError = (): void => {};
	const guarded = await serveHttp(factory, {
		host: "127.0.0.1",
		port: 0,
		token,
		allowedHosts: ["tool.internal"],
		onError,
	});
	const handle = toNodeHandler(createMcpHandler(factory, { onerror: onError }), { onerror: onError });
	const bare = createServer((request, response) => {
		const { method = "GET", url = "/" } = request;
		handle(Object.assign(request, { method, url }), response).catch(onError);
	});
	await new Promise<void>((resolve) => bare.listen(0, "127.0.0.1", resolve));
	const address = bare.address();
	return {
		guarded: Number(new URL(guarded.url).port),
		bare: typeof address === "object" && address !== null ? address.port : 0,
		[Symbol.asyncDispose]: async () => {
			bare.closeAllConnections();
			await new Promise((resolve) => bare.close(resolve));
			await guarded[Symbol.asyncDispose]();
			await sessions[Symbol.asyncDispose]();
			await runtime[Symbol.asyncDispose]();
			scratch.remove();
		},
	};
}

const opening = JSON.stringify({
	jsonrpc: "2.0",
	id: 1,
	method: "initialize",
	params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "page", version: "1" } },
});

/** Sends a request word by word, as no client would let one, and returns status and headers of the answer. */
async function send(port: number, method: string, headers: Readonly<Record<string, string>>) {
	const body = method === "POST" ? opening : "";
	const usual = {
		accept: "application/json, text/event-stream",
		"content-type": "application/json",
		connection: "close",
	};
	const all = { ...usual, "content-length": String(body.length), ...headers };
	const socket = connect(port, "127.0.0.1");
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
	socket.write(`${method} /mcp HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
	socket.setEncoding("utf8");
	let answer = "";
	for await (const piece of socket) {
		answer += String(piece);
		if (answer.includes("\r\n\r\n")) break;
	}
	const head = answer.split("\r\n\r\n", 1)[0] ?? "";
	return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head: head.toLowerCase() };
}

const authorization = `Bearer ${token}`;
const upgrade = {
	connection: "Upgrade",
	upgrade: "websocket",
	"sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
	"sec-websocket-version": "13",
};

test.each<[attack: string, method: string, headers: Readonly<Record<string, string>>]>([
	["a name of the attacker's that resolves here", "POST", { host: "attacker.example", authorization }],
	["the same with the server's port", "POST", { host: "attacker.example:PORT", authorization }],
	["a name that begins like an allowed one", "POST", { host: "localhost.attacker.example:PORT", authorization }],
	["a name that ends like an allowed one", "POST", { host: "eviltool.internal", authorization }],
	["a user in front of the name", "POST", { host: "localhost@attacker.example", authorization }],
	["this machine by another address", "POST", { host: "0.0.0.0:PORT", authorization }],
	["a page of another origin", "POST", { host: "localhost:PORT", origin: "https://attacker.example", authorization }],
	[
		"the same as a form would send it, unasked",
		"POST",
		{ host: "localhost:PORT", origin: "https://attacker.example", "content-type": "text/plain" },
	],
	["a page without an origin of its own", "POST", { host: "localhost:PORT", origin: "null", authorization }],
	[
		"an origin that begins like an allowed one",
		"POST",
		{ host: "localhost:PORT", origin: "http://localhost.attacker.example", authorization },
	],
	["a page that reads a stream", "GET", { host: "localhost:PORT", origin: "https://attacker.example", authorization }],
	[
		"a browser's question whether it may",
		"OPTIONS",
		{
			host: "localhost:PORT",
			origin: "https://attacker.example",
			"access-control-request-method": "POST",
			"access-control-request-headers": "authorization",
		},
	],
	[
		"a WebSocket of another origin",
		"GET",
		{ host: "localhost:PORT", origin: "https://attacker.example", authorization, ...upgrade },
	],
])("H33 %s is refused with 403", async (_attack, method, headers) => {
	await using servers = await openServers();
	const to = (port: number) =>
		send(
			port,
			method,
			Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace("PORT", String(port))])),
		);
	const { status, head } = await to(servers.guarded);
	expect(status).toBe(403);
	expect(head).not.toContain("access-control-allow");
	// The control: without the checks the protocol itself refuses nobody for where they come from.
	expect((await to(servers.bare)).status).not.toBe(403);
});

test("H33 the control: a page through a name of its own gets an answer where nothing is checked, and the user's client gets one where it is", async () => {
	await using servers = await openServers();
	const rebound = { host: "attacker.example", origin: "http://attacker.example" };
	expect((await send(servers.bare, "POST", rebound)).status).toBe(200);
	expect((await send(servers.guarded, "POST", rebound)).status).toBe(403);
	for (const host of [`127.0.0.1:${servers.guarded}`, "localhost", "[::1]:1", "tool.internal:80"]) {
		expect((await send(servers.guarded, "POST", { host, authorization })).status).toBe(200);
		expect((await send(servers.guarded, "POST", { host })).status).toBe(401);
	}
	const preflight = { host: "localhost", origin: "http://localhost:3000", "access-control-request-method": "POST" };
	expect((await send(servers.guarded, "OPTIONS", preflight)).head).not.toContain("access-control-allow");
});
