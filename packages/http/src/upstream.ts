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
