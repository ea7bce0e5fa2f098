import type { IncomingMessage } from "node:http";
import { type Authority, formatAuthority, parseAuthority } from "./authority.ts";
import { networkLimits } from "./network-limits.ts";
import type { InjectedSecret } from "./network-options.ts";
import { NetworkRefusal } from "./network-refusal.ts";

/** Headers that are about one connection. Source: RFC 9110, section 7.6.1. */
const hopHeaders = new Set([
	...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"],
	...["te", "trailer", "transfer-encoding", "upgrade"],
]);

/** How the other side is asked. */
export interface ForwardedTo {
	readonly authority: Authority;
	readonly isSecure: boolean;
	readonly secrets: readonly InjectedSecret[];
}

/**
 * Returns the headers that go on to the other side, names and values in turn. Throws `NetworkRefusal` for what two programs could
 * read differently: another host than the one asked for, two of them, a coding of the message that is not ours to undo.
 */
export function requestHeaders(request: IncomingMessage, to: ForwardedTo): string[] {
	const pairs = pairsOf(request.rawHeaders);
	if (pairs.length > networkLimits.headersMax) throw new NetworkRefusal("refused", "headers-too-large");
	const defaultPort = to.isSecure ? 443 : 80;
	const hosts = pairs.filter(([name]) => name.toLowerCase() === "host").map(([, value]) => value);
	const asked = formatAuthority(to.authority);
	const isMeant = (host: string): boolean => {
		const named = parseAuthority(host, defaultPort);
		return named !== null && formatAuthority(named) === asked;
	};
	if (hosts.length > 1 || !hosts.every(isMeant)) throw new NetworkRefusal("refused", "host-mismatch");
	const coding = request.headers["transfer-encoding"];
	if (coding !== undefined && coding.toLowerCase() !== "chunked") throw new NetworkRefusal("refused", "malformed");

	const injected = new Set(to.secrets.map(({ header }) => header.toLowerCase()));
	if (to.secrets.length > 0) injected.add("accept-encoding");
	const kept = forwardable(pairs).filter(
		([name]) => !injected.has(name.toLowerCase()) && name.toLowerCase() !== "host",
	);
	return [
		["host", to.authority.port === defaultPort ? to.authority.host : asked],
		...kept,
		...to.secrets.map(({ header, format, value }) => [header, format.replace("{}", () => value)] as const),
		// What comes back can only be searched for the secret as it is.
		...(to.secrets.length > 0 ? [["accept-encoding", "identity"] as const] : []),
		...(coding === undefined ? [] : [["transfer-encoding", "chunked"] as const]),
		["connection", "close"] as const,
	].flat();
}

/** Returns the headers of an answer that go on to the command. */
export function responseHeaders(response: IncomingMessage): (readonly [string, string])[] {
	return forwardable(pairsOf(response.rawHeaders));
}

function forwardable(pairs: readonly (readonly [string, string])[]): (readonly [string, string])[] {
	const named = pairs
		.filter(([name]) => name.toLowerCase() === "connection")
		.flatMap(([, value]) => value.split(",").map((each) => each.trim().toLowerCase()));
	// Whoever names the length as a matter of the connection wants the other side to read another message.
	const dropped = new Set([...hopHeaders, ...named.filter((name) => name !== "content-length")]);
	return pairs.filter(([name]) => !dropped.has(name.toLowerCase()));
}

function pairsOf(raw: readonly string[]): (readonly [string, string])[] {
	return Array.from({ length: raw.length / 2 }, (_, index) => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}
