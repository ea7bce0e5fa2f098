import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import { isRetakeError } from "@retake/base";
import type { Exchanges } from "./exchanges.ts";
import { headBytesMax, idleConnectionMs, missesMax } from "./http-limits.ts";
import { readRequest } from "./read-request.ts";
import { type RefusalBody, ResponseAnswer, refuse } from "./response-answer.ts";
import { type Upstream, type UpstreamCredential, underUpstream } from "./upstream.ts";

/** What a proxy does with the requests of a process. */
export interface HttpProxyOptions {
	readonly exchanges: Exchanges;
	/** Reached under a path of the proxy. */
	readonly upstreams: readonly Upstream[];
	/** The proxy's own `HOST:PORT`, as the process knows it. */
	readonly ownHosts: readonly string[];
	/** Whether a URL may be reached through the proxy as a proxy; what is under an upstream always may. */
	readonly allows: (url: URL) => boolean;
	/** Returns what stands for a host whose https the proxy ends itself; null for hosts that none was made for. */
	readonly standIn: (host: string) => SecureContext | null;
}

/** The first byte of whoever begins with TLS (RFC 8446, section 5.1). */
const tlsHandshake = 0x16;

/** Where a request goes. */
interface Destination {
	readonly url: string;
	readonly credential: UpstreamCredential | null;
}

/**
 * An HTTP server for one process: a reverse proxy for the upstreams, and a forward proxy for what is allowed, which ends TLS itself. What a
 * request gets is decided by its exchanges alone. Disposal breaks off every connection.
 */
export class HttpProxy implements AsyncDisposable {
	readonly #options: HttpProxyOptions;
	readonly #server: Server;
	readonly #sockets = new Set<Duplex>();
	readonly #origins = new WeakMap<Duplex, string>();
	readonly #refusals: string[] = [];
	readonly #pending = new Set<Promise<void>>();

	constructor(options: HttpProxyOptions) {
		this.#options = options;
		this.#server = createServer({
			maxHeaderSize: headBytesMax,
			keepAliveTimeout: idleConnectionMs,
			requestTimeout: 0,
			noDelay: true,
		});
		this.#server.on("connection", (socket) => this.#hold(socket));
		this.#server.on("request", (message, response) => this.#begin(message, response));
		this.#server.on("connect", (message, socket, early) => this.#connect(message, socket, early));
		this.#server.on("upgrade", (message, socket) => this.#refuseUpgrade(message, socket));
		this.#server.on("clientError", (error, socket) => this.#refuseConnection(error, socket));
	}

	/** Requests that were answered by the proxy itself, with the reason, at most `missesMax`. */
	get refusals(): readonly string[] {
		return this.#refusals;
	}

	/** Listens on this machine alone and returns the port. */
	async listen(port = 0): Promise<number> {
		const listening = Promise.withResolvers<void>();
		this.#server.once("error", listening.reject);
		this.#server.listen(port, "127.0.0.1", listening.resolve);
		await listening.promise;
		return (this.#server.address() as AddressInfo).port;
	}

	/** Takes a connection of the process that somebody else has accepted. */
	accept(connection: Duplex): void {
		this.#server.emit("connection", connection);
	}

	/** Resolves when no request is under way. */
	async idle(): Promise<void> {
		while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		if (this.#server.listening) {
			await new Promise<void>((resolve) => this.#server.close(() => resolve()));
		}
		await this.idle();
	}

	#hold(socket: Duplex): void {
		this.#sockets.add(socket);
		socket.once("close", () => this.#sockets.delete(socket));
		// A connection that breaks is seen by whoever reads or writes it.
		socket.on("error", () => {});
	}

	#begin(message: IncomingMessage, response: ServerResponse): void {
		const answered = this.#answer(message, response);
		this.#pending.add(answered);
		void answered.finally(() => this.#pending.delete(answered));
	}

	async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
		const destination = this.#destinationOf(message);
		if ("code" in destination) {
			this.#refuse(response, destination.code === "TOOL_INPUT" ? 404 : 403, destination);
			return;
		}
		const gone = new AbortController();
		response.once("close", () => {
			if (!response.writableFinished) gone.abort();
		});
		const answer = new ResponseAnswer(response);
		try {
			const request = await readRequest(message, destination.url, destination.credential);
			answer.end(await this.#options.exchanges.exchange(request, answer, gone.signal));
		} catch (thrown) {
			if (gone.signal.aborted) return;
			if (isRetakeError(thrown, "LIMIT_EXCEEDED") && !response.headersSent) {
				this.#refuse(response, 413, { code: thrown.code, message: thrown.message });
			} else {
				answer.fail(thrown);
			}
		}
	}

	#destinationOf(message: IncomingMessage): Destination | RefusalBody {
		const { url: target = "/" } = message;
		const origin = this.#origins.get(message.socket);
		const isPath = origin === undefined && target.startsWith("/");
		const url = isPath ? null : `${origin ?? ""}${target}`;
		// Some programs ask the proxy even for what is the proxy's own.
		const path = url === null ? target : this.#ownPath(url);
		if (path !== null) {
			const found = underUpstream(path, this.#options.upstreams);
			if (found !== null) return { url: found.url, credential: found.upstream.credential };
			const names = this.#options.upstreams.map(({ name }) => `/${name}`).join(", ");
			return { code: "TOOL_INPUT", message: `no upstream is under ${path}`, remedy: `the upstreams are ${names}` };
		}
		return this.#refusalOf(url ?? "") ?? { url: url ?? "", credential: this.#credentialFor(url ?? "") };
	}

	#ownPath(text: string): string | null {
		const url = URL.canParse(text) ? new URL(text) : null;
		return url !== null && this.#options.ownHosts.includes(url.host) ? url.pathname + url.search : null;
	}

	/** A process that reaches an upstream by its own address gets its credential too. */
	#credentialFor(url: string): UpstreamCredential | null {
		const { origin } = new URL(url);
		return this.#options.upstreams.find(({ base }) => new URL(base).origin === origin)?.credential ?? null;
	}

	#refusalOf(text: string): RefusalBody | null {
		if (!URL.canParse(text) || !/^https?:\/\//i.test(text)) {
			return { code: "TOOL_INPUT", message: `${JSON.stringify(text)} is no http or https URL` };
		}
		const url = new URL(text);
		const isUpstream = this.#options.upstreams.some(({ base }) => new URL(base).origin === url.origin);
		const isOwn = this.#options.ownHosts.includes(url.host);
		if (isUpstream || isOwn || this.#options.allows(url)) return null;
		return {
			code: "PATH_REFUSED",
			message: `${url.host} is not among the hosts that may be reached`,
			remedy: "name it with --http-host",
		};
	}

	#connect(message: IncomingMessage, socket: Duplex, early: Buffer): void {
		const { url: target = "" } = message;
		const [, host = "", port = ""] = /^([^/:@[\]]+):(\d+)$/.exec(target) ?? [];
		const plainly = originOf("http", host, port);
		const securely = originOf("https", host, port);
		const refusal =
			host === ""
				? `${JSON.stringify(target)} is no host and port`
				: this.#refusalOf(port === "80" ? plainly : securely)?.message;
		if (refusal !== undefined) {
			this.#refuseRaw(socket, 403, refusal);
			return;
		}
		socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
		if (early.byteLength > 0) socket.unshift(early);
		socket.once("data", (first: Buffer) => {
			socket.pause();
			socket.unshift(first);
			if (first[0] === tlsHandshake) {
				this.#secure(socket, host, securely);
				return;
			}
			this.#within(socket, plainly);
			socket.resume();
		});
	}

	#secure(socket: Duplex, host: string, origin: string): void {
		const secureContext = this.#options.standIn(host);
		if (secureContext === null) {
			this.#note(`https to ${host} is not recorded in this run`);
			socket.destroy();
			return;
		}
		// What speaks HTTP/2 falls back.
		const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ["http/1.1"] });
		this.#within(secure, origin);
	}

	/** Reads requests from the inside of a tunnel. */
	#within(socket: Duplex, origin: string): void {
		this.#origins.set(socket, origin);
		this.#server.emit("connection", socket);
	}

	#refuseUpgrade(message: IncomingMessage, socket: Duplex): void {
		const protocol = message.headers.upgrade ?? "an upgrade";
		this.#refuseRaw(socket, 501, `${protocol} is not recorded: only HTTP/1.1 requests are`);
	}

	#refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
		if (error.code === "ECONNRESET" || !socket.writable) {
			socket.destroy();
			return;
		}
		const isHttp2 = "rawPacket" in error && String(error.rawPacket).startsWith("PRI * HTTP/2");
		const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
		const reason = isHttp2
			? "HTTP/2 is not recorded: use HTTP/1.1"
			: tooLarge
				? `the head is longer than ${headBytesMax} bytes`
				: `this is no HTTP/1.1 request (${error.code ?? error.message})`;
		this.#refuseRaw(socket, isHttp2 ? 505 : tooLarge ? 431 : 400, reason);
	}

	#refuse(response: ServerResponse, status: number, body: RefusalBody): void {
		this.#note(body.message);
		// What the process still sends is not read: the connection ends with the answer.
		response.shouldKeepAlive = false;
		refuse(response, status, body);
	}

	#refuseRaw(socket: Duplex, status: number, message: string): void {
		this.#note(message);
		const body = JSON.stringify({ error: { type: "retake", code: "PATH_REFUSED", message } });
		const head = `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/json\r\nx-should-retry: false\r\n`;
		socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
	}

	#note(refusal: string): void {
		if (this.#refusals.length < missesMax) this.#refusals.push(refusal);
	}
}

function originOf(scheme: "http" | "https", host: string, port: string): string {
	const usual = scheme === "http" ? "80" : "443";
	return `${scheme}://${host}${port === usual ? "" : `:${port}`}`;
}
