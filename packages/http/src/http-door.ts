import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { assert } from "@retake/base";
import { type NetworkDoor, proxyPort } from "@retake/sandbox";
import type { Exchanges } from "./exchanges.ts";
import { HttpProxy } from "./http-proxy.ts";
import type { Upstream } from "./upstream.ts";

/** What commands reach through a door. */
export interface Reachable {
	/** Under paths of the proxy. */
	readonly upstreams: readonly Upstream[];
	/** By their own names, `HOST` or `HOST:PORT`: http at 80 and https at 443 where no port is named. */
	readonly hosts: readonly string[];
}

/** The way out of a sandbox whose commands speak HTTP with a proxy, and with nobody else. */
export class HttpDoor implements NetworkDoor {
	readonly hosts: readonly string[];
	readonly #reachable: Reachable;
	#standIn: ((host: string) => SecureContext) | null = null;
	#proxy: HttpProxy | null = null;

	constructor(reachable: Reachable) {
		this.#reachable = reachable;
		const named = [...reachable.hosts.map((host) => `https://${host}`), ...reachable.upstreams.map(({ base }) => base)];
		const secure = named.map((url) => new URL(url)).filter(({ protocol }) => protocol === "https:");
		this.hosts = [...new Set(secure.map(({ hostname }) => hostname))];
	}

	/** Opens a proxy behind the door. The caller disposes it. */
	open(exchanges: Exchanges): HttpProxy {
		const { upstreams, hosts } = this.#reachable;
		const allowed = new Set(hosts);
		const proxy = new HttpProxy({
			exchanges,
			upstreams,
			ownHosts: [`127.0.0.1:${proxyPort}`, `localhost:${proxyPort}`],
			allows: ({ host, hostname, port, protocol }) =>
				allowed.has(host) ||
				(port === "" && (allowed.has(hostname) || allowed.has(`${hostname}:${protocol === "https:" ? 443 : 80}`))),
			standIn: (host) => (this.hosts.includes(host) ? (this.#standIn?.(host) ?? null) : null),
		});
		this.#proxy = proxy;
		return proxy;
	}

	accept(connection: Socket, standIn: (host: string) => SecureContext): void {
		assert(this.#proxy !== null, "a command runs only while there is a proxy behind its door");
		this.#standIn = standIn;
		this.#proxy.accept(connection);
	}
}
