import { RetakeError } from "@retake/base";
import { type AllowRule, parseAllowRule } from "./allow-rule.ts";
import { type Authority, formatAuthority, parseAuthority } from "./authority.ts";
import type { InjectedSecret, NetworkOptions } from "./network-options.ts";

/** An allow-list that has been read, with the secrets that go to its hosts. */
export interface NetworkRules {
	/** Returns the entry for exactly this host and port, or null. */
	find(authority: Authority): AllowRule | null;
	secretsFor(authority: Authority): readonly InjectedSecret[];
	/** Names of the hosts that secrets go to. */
	readonly secretHosts: readonly string[];
	readonly authorities: readonly string[];
}

/** Reads options. Throws `USAGE` for an entry or a secret that cannot be used. */
export function readNetworkRules({ allow, secrets, authorities }: NetworkOptions): NetworkRules {
	const rules = new Map(
		allow.map((text) => {
			const rule = parseAllowRule(text);
			return [formatAuthority(rule.authority), rule];
		}),
	);
	const byHost = new Map<string, InjectedSecret[]>();
	for (const secret of secrets) {
		const authority = parseAuthority(secret.to);
		const key = authority === null ? "" : formatAuthority(authority);
		if (!rules.has(key)) {
			throw misuse(`secret ${secret.name} goes to ${secret.to}, which is not on the allow-list`, `allow ${secret.to}`);
		}
		checkHeader(secret);
		byHost.set(key, [...(byHost.get(key) ?? []), secret]);
	}
	return {
		find: (authority) => rules.get(formatAuthority(authority)) ?? null,
		secretsFor: (authority) => byHost.get(formatAuthority(authority)) ?? [],
		secretHosts: [...new Set([...byHost.keys()].map((key) => key.slice(0, key.lastIndexOf(":"))))],
		authorities,
	};
}

/** Headers that say where a message ends or who it is for are the proxy's own. */
const ownHeaders = /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/i;

function checkHeader({ name, value, header, format }: InjectedSecret): void {
	if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header) || ownHeaders.test(header)) {
		throw misuse(
			`secret ${name} cannot go into the header ${JSON.stringify(header)}`,
			"name one such as authorization",
		);
	}
	// The control characters and what is beyond Latin-1 cannot be in a header.
	if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(format + value)) {
		throw misuse(`secret ${name} cannot be the value of a header`, "give one line of printable characters");
	}
	if (format.split("{}").length !== 2) {
		throw misuse(`the format of secret ${name} is ${JSON.stringify(format)}`, "put {} where the secret goes, once");
	}
}

function misuse(message: string, remedy: string): RetakeError {
	return new RetakeError("USAGE", message, { sort: "misuse", remedy });
}
