import { RetakeError } from "@retake/base";

/** What the process may not know, and what goes in its place. */
export interface UpstreamCredential {
	/** Lower case. The process's own headers that carry credentials are not sent on. */
	readonly header: string;
	readonly value: string;
}

/** A server that the process reaches under a path of the proxy: `/NAME/rest` is `base/rest`. */
export interface Upstream {
	/** Lower-case letters, digits and dashes. */
	readonly name: string;
	/** Absolute, http or https, without query. */
	readonly base: string;
	/** Added outside of the sandbox; never on record. Null where the process's own goes through. */
	readonly credential: UpstreamCredential | null;
}

/** Finds what a request's path names among the upstreams, as an absolute URL; null for none. */
export function underUpstream(
	target: string,
	upstreams: readonly Upstream[],
): { url: string; upstream: Upstream } | null {
	const [, name, rest = ""] = /^\/([a-z0-9-]+)([/?].*)?$/.exec(target) ?? [];
	const upstream = upstreams.find((one) => one.name === name);
	return upstream === undefined ? null : { url: upstream.base.replace(/\/$/, "") + rest, upstream };
}

/** Checks an upstream. Throws `USAGE` for an upstream that cannot be one. */
export function checkUpstream({ name, base }: Upstream): void {
	const isUrl = URL.canParse(base) && /^https?:\/\//.test(base) && new URL(base).search === "";
	if (/^[a-z0-9-]+$/.test(name) && isUrl) return;
	throw new RetakeError("USAGE", `${name}=${base} is no upstream`, {
		sort: "misuse",
		remedy: "write NAME=URL: a name of lower-case letters, digits and dashes, and an http or https URL without a query",
	});
}

/** Checks the name of a server. Throws `USAGE` for what is no `HOST` or `HOST:PORT`. */
export function checkHost(text: string): void {
	const url = URL.canParse(`https://${text}`) ? new URL(`https://${text}`) : null;
	const spelt = url === null ? null : text.endsWith(":443") ? `${url.hostname}:443` : url.host;
	if (spelt === text) return;
	throw new RetakeError("USAGE", `${JSON.stringify(text)} is no host`, {
		sort: "misuse",
		remedy: "write HOST or HOST:PORT, in lower case; each host is named by itself",
	});
}
