import type { CanonicalValue } from "@retake/changeset";
import { asCanonical, type RpcParams } from "./json-rpc.ts";

/** What the protocol lets a client say about itself in every request. */
const envelopePrefix = "io.modelcontextprotocol/";

/**
 * Returns the part of a message's parameters by which it is recognised in a playback: all but what only says who asks (the client's
 * name, its capabilities) and the token that it chose for progress.
 */
export function identityOf(method: string, params: RpcParams): CanonicalValue {
	if (params === undefined) return null;
	const { _meta: meta, ...rest } = params;
	const { clientInfo: _name, capabilities: _capabilities, ...opening } = rest;
	const kept = Object.entries({ ...asRecord(meta) }).filter(([key]) => !isAboutClient(key));
	const own = method === "initialize" ? opening : rest;
	return asCanonical(kept.length === 0 ? own : { ...own, _meta: Object.fromEntries(kept) });
}

/** The token by which the client wants to be told of progress; undefined for none. */
export function progressTokenOf(params: RpcParams): unknown {
	return asRecord(params?.["_meta"])?.["progressToken"];
}

/** Returns the parameters with another token for progress, where they have one. */
export function withProgressToken(params: RpcParams, progressToken: number): RpcParams {
	if (progressTokenOf(params) === undefined) return params;
	return { ...params, _meta: { ...asRecord(params?.["_meta"]), progressToken } };
}

function isAboutClient(key: string): boolean {
	return key === "progressToken" || key.startsWith(envelopePrefix);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
	return typeof value === "object" && value !== null ? { ...value } : undefined;
}
