import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Server, Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { type Authority, isLiteral, parseAuthority } from "./authority.ts";
import { handshakeRecord } from "./client-hello.ts";
import { createAddressFinder } from "./find-addresses.ts";
import { forwardRequest } from "./forward-request.ts";
import { createNetworkJournal } from "./network-journal.ts";
import { networkLimits } from "./network-limits.ts";
import type { NetworkConnection, NetworkReason, NetworkReport } from "./network-options.ts";
import { NetworkRefusal, refusalOf } from "./network-refusal.ts";
import type { NetworkRules } from "./network-rules.ts";
import { reach } from "./reach.ts";
import { tunnel } from "./tunnel.ts";

/** The only way out for one command. */
export interface CommandProxy {
	/** Ends every connection and tells what there was; null where the caller keeps account. */
	close(): NetworkReport | null;
}

/** What a proxy goes by. */
export interface CommandProxyOptions {
	readonly rules: NetworkRules;
	/** Makes what stands for a host that secrets go to, for TLS inside. */
	readonly standIn: (host: string) => SecureContext;
}

/** What a tunnel was opened to whose requests are read here. */
interface Within {
	readonly authority: Authority;
	readonly isSecure: boolean;
}

type Asked = Pick<NetworkConnection, "host" | "port" | "method">;

/** Serves a command through a listening socket in its network, which from then on is the proxy's. */
export function serveCommand(listener: Server, { rules, standIn }: CommandProxyOptions): CommandProxy {
	const journal = createNetworkJournal();
	const findAddresses = createAddressFinder();
	const closing = new AbortController();
	const { signal } = closing;
	const clients = new Set<Socket>();
	const inside = new WeakMap<object, Within>();

	const judge = (target: Authority | null, method: string) => {
		if (target === null) throw new NetworkRefusal("refused", "malformed");
		// What was sent comes back in the answer, secrets too.
		if (method === "TRACE") throw new NetworkRefusal("refused", "method");
		const rule = rules.find(target);
		if (rule === null) throw new NetworkRefusal("refused", "not-listed");
		return { rule, authority: target, secrets: rules.secretsFor(target) };
	};

	const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
		const within = inside.get(request.socket) ?? null;
		const { method = "" } = request;
		const outer = within?.authority ?? null;
		const target = outer === null ? absoluteForm(request.url ?? "") : originForm(request.url ?? "", outer);
		const entry = journal.open(askedOf(target?.authority ?? outer, method));
		try {
			const judged = judge(target?.authority ?? null, method);
			const path = target?.path ?? "/";
			const isSecure = within?.isSecure ?? false;
			const { authorities } = rules;
			await forwardRequest(request, response, {
				...judged,
				...{ path, isSecure, findAddresses, authorities, signal, entry },
			});
		} catch (cause) {
			const refusal = refusalOf(cause);
			entry.end(refusal.verdict, refusal.reason);
			const text = explanation(refusal, target?.authority ?? outer);
			response.writeHead(statusOf(refusal), { "content-type": "text/plain", connection: "close" }).end(text);
		}
	};

	const connect = async (request: IncomingMessage, client: Socket, head: Buffer): Promise<void> => {
		client.on("error", () => client.destroy());
		const target = parseAuthority(request.url ?? "");
		const asked = askedOf(target, "CONNECT");
		let entry = null;
		try {
			const { rule, authority, secrets } = judge(target, "CONNECT");
			const isElsewhere = request.headers.host !== undefined && !isSame(request.headers.host, authority);
			if (isElsewhere) throw new NetworkRefusal("refused", "host-mismatch");
			if (head.length > 0) client.unshift(head);
			if (secrets.length > 0) return intercept(client, authority);
			entry = journal.open(asked);
			const upstream = await reach(await findAddresses(rule), authority.port, signal);
			signal.addEventListener("abort", () => upstream.destroy(), { once: true });
			client.write("HTTP/1.1 200 Connection established\r\n\r\n");
			await tunnel(client, upstream, authority.host, entry);
		} catch (cause) {
			const refusal = refusalOf(cause);
			if (entry === null) journal.refuse(asked, refusal.reason);
			else entry.end(refusal.verdict, refusal.reason);
			client.end(rawAnswer(statusOf(refusal), explanation(refusal, target)));
		}
	};

	const intercept = (client: Socket, authority: Authority): void => {
		client.write("HTTP/1.1 200 Connection established\r\n\r\n");
		client.setTimeout(networkLimits.headersMs, () => client.destroy());
		client.once("data", (first: Buffer) => {
			client.pause();
			client.unshift(first);
			if (first[0] === handshakeRecord) return encrypt(client, authority);
			// Some clients tunnel plain HTTP too.
			inside.set(client, { authority, isSecure: false });
			server.emit("connection", client);
			client.resume();
		});
	};

	const encrypt = (client: Socket, authority: Authority): void => {
		const encrypted = new TLSSocket(client, {
			...{ isServer: true, secureContext: standIn(authority.host), ALPNProtocols: ["http/1.1"] },
		});
		const late = setTimeout(() => encrypted.destroy(), networkLimits.headersMs);
		encrypted.once("secure", () => clearTimeout(late)).once("close", () => clearTimeout(late));
		encrypted.once("error", () => {
			// A client that does not trust the certificate made for it.
			if (!inside.has(encrypted)) journal.open(askedOf(authority, "CONNECT")).end("failed", "certificate");
			encrypted.destroy();
		});
		encrypted.once("secure", () => {
			inside.set(encrypted, { authority, isSecure: true });
			server.emit("connection", encrypted);
		});
	};

	const server = createServer({
		maxHeaderSize: networkLimits.headerBytesMax,
		headersTimeout: networkLimits.headersMs,
		requestTimeout: 0,
		connectionsCheckingInterval: 500,
		insecureHTTPParser: false,
		keepAliveTimeout: networkLimits.idleMs,
	});
	// What is beyond the count would be left out silently: they are counted where they are read.
	server.maxHeadersCount = 0;
	server.on("request", (request, response) => void answer(request, response));
	server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => void connect(request, socket, head));
	server.on("clientError", (cause: NodeJS.ErrnoException, socket: Socket) => {
		const found = clientErrors[cause.code ?? ""] ?? (cause.code?.startsWith("HPE_") ? malformed : null);
		if (found !== null) journal.refuse(askedOf(inside.get(socket)?.authority ?? null, ""), found.reason);
		if (found === null || !socket.writable) socket.destroy();
		else socket.end(rawAnswer(found.status, `retake: ${found.reason}\n`));
	});
	server.on("connection", (socket: Socket) => {
		if (inside.has(socket)) return;
		if (clients.size >= networkLimits.connectionsMax) {
			journal.refuse(askedOf(null, ""), "too-many-connections");
			socket.destroy();
			return;
		}
		clients.add(socket);
		socket.setTimeout(networkLimits.idleMs, () => socket.destroy());
		socket.once("close", () => clients.delete(socket));
	});
	server.listen(listener);

	return {
		close: () => {
			const report = journal.report();
			closing.abort();
			for (const client of clients) client.destroy();
			server.close();
			listener.close();
			return report;
		},
	};
}

const malformed = { reason: "malformed", status: 400 } as const;

const clientErrors: Readonly<Record<string, { readonly reason: NetworkReason; readonly status: number }>> = {
	HPE_HEADER_OVERFLOW: { reason: "headers-too-large", status: 431 },
	ERR_HTTP_REQUEST_TIMEOUT: { reason: "too-slow", status: 408 },
};

function askedOf(target: Authority | null, method: string): Asked {
	return { host: target?.host ?? "", port: target?.port ?? 0, method };
}

/** Reads the target of a request to a proxy. Only plain HTTP is asked for this way; a user name or a fragment has no place in it. */
function absoluteForm(url: string): { readonly authority: Authority; readonly path: string } | null {
	const [, text, path = ""] = /^http:\/\/([^/?#@\\]+)([/?][^#\\]*)?$/i.exec(url) ?? [];
	const authority = text === undefined ? null : parseAuthority(text, 80);
	if (authority === null) return null;
	return { authority, path: path.startsWith("/") ? path : `/${path}` };
}

function originForm(
	url: string,
	authority: Authority,
): { readonly authority: Authority; readonly path: string } | null {
	return /^\/[^#\\]*$/.test(url) ? { authority, path: url } : null;
}

function isSame(host: string, authority: Authority): boolean {
	const named = parseAuthority(host, authority.port);
	return named !== null && named.host === authority.host && named.port === authority.port;
}

function statusOf({ verdict, reason }: NetworkRefusal): number {
	if (verdict === "failed") return reason === "too-many-bytes" ? 413 : 502;
	if (reason === "malformed" || reason === "host-mismatch") return 400;
	return reason === "headers-too-large" ? 431 : 403;
}

function explanation({ verdict, reason }: NetworkRefusal, target: Authority | null): string {
	const name = target === null ? "the request" : `${target.host}:${target.port}`;
	const literal = target !== null && isLiteral(target.host) ? ", and addresses pass only where they are listed" : "";
	const why = reason === "not-listed" ? `not on the allow-list${literal}` : reason;
	return `retake: ${name} ${verdict}: ${why}\n`;
}

function rawAnswer(status: number, text: string): string {
	const head = [
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
		"content-type: text/plain",
		`content-length: ${text.length}`,
	];
	return `${head.join("\r\n")}\r\nconnection: close\r\n\r\n${text}`;
}
