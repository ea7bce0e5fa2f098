import { isIPv4, isIPv6 } from "node:net";

/** A host and a port in the one spelling in which they are compared. */
export interface Authority {
	/** A name in lower case without a final dot, or an address: IPv6 in brackets, shortened. */
	readonly host: string;
	readonly port: number;
}

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads `host:port`; null for anything that two programs could read differently: user names, an empty or odd label, a number that is
 * not a plain IPv4 address, zones, characters outside ASCII, a port that is none.
 */
export function parseAuthority(text: string, defaultPort?: number): Authority | null {
	const parts = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?$/.exec(text);
	if (parts === null) return null;
	const host = canonicalHost(parts[1] ?? "");
	const port = parts[2] === undefined ? defaultPort : Number(parts[2]);
	if (host === null || port === undefined || port < 1 || port > 65_535) return null;
	return { host, port };
}

/** Writes an authority as it was parsed. */
export function formatAuthority({ host, port }: Authority): string {
	return `${host}:${port}`;
}

/** Tells whether a canonical host is a literal address. */
export function isLiteral(host: string): boolean {
	return host.startsWith("[") || isIPv4(host);
}

/** Returns a literal host as an address, without brackets. */
export function addressOfLiteral(host: string): string {
	return host.startsWith("[") ? host.slice(1, -1) : host;
}

function canonicalHost(text: string): string | null {
	if (text.startsWith("[")) return isIPv6(text.slice(1, -1)) ? new URL(`http://${text}`).hostname : null;
	const name = text.toLowerCase().replace(/\.$/, "");
	const labels = name.split(".");
	if (name.length > 253 || !labels.every((each) => label.test(each))) return null;
	// Whatever ends in a number is an address to some programs: 127.1, 0x7f.1, 2130706433.
	if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return isIPv4(name) ? name : null;
	return name;
}
