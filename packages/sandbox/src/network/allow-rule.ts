import { isIP } from "node:net";
import { RetakeError } from "@retake/base";
import { type AddressRange, parseRange } from "./address-range.ts";
import { type Authority, addressOfLiteral, formatAuthority, isLiteral, parseAuthority } from "./authority.ts";

/** One entry of an allow-list. */
export interface AllowRule {
	readonly authority: Authority;
	/** The one address by which it is reached, so that nothing is looked up; null where the name is. */
	readonly address: string | null;
	/** Addresses besides the public internet's that the name may have. */
	readonly within: AddressRange | null;
}

/**
 * Reads an entry: `HOST:PORT`, whose addresses must be public; `HOST:PORT=ADDRESS`, reached at that address whatever it is;
 * `HOST:PORT=NETWORK/BITS`, whose addresses may also lie in that network. A literal address is its own name. Throws `USAGE`.
 */
export function parseAllowRule(text: string): AllowRule {
	const [name = "", reach, ...rest] = text.split("=");
	const authority = parseAuthority(name);
	if (authority === null || rest.length > 0) throw misuse(text, "an entry of the allow-list is HOST:PORT");
	if (authority.host === "localhost" || authority.host.endsWith(".localhost") || isLoopback(authority.host)) {
		throw misuse(
			text,
			`inside a sandbox ${authority.host} is the sandbox's own; give the host's service another name: service.internal:${authority.port}=127.0.0.1`,
		);
	}
	if (reach === undefined) {
		const address = isLiteral(authority.host) ? addressOfLiteral(authority.host) : null;
		return { authority, address, within: null };
	}
	if (isLiteral(authority.host)) throw misuse(text, `it is an address already; write ${formatAuthority(authority)}`);
	if (isIP(reach) !== 0) return { authority, address: reach, within: null };
	const within = parseRange(reach);
	if (within === null) throw misuse(text, "after = stands an address or a network: 10.1.2.3, 10.0.0.0/8, fd00::/8");
	return { authority, address: null, within };
}

function isLoopback(host: string): boolean {
	return isLiteral(host) && (host.startsWith("127.") || host === "[::1]" || host.startsWith("[::ffff:7f"));
}

function misuse(text: string, remedy: string): RetakeError {
	return new RetakeError("USAGE", `not to be allowed: ${JSON.stringify(text)}`, { sort: "misuse", remedy });
}
