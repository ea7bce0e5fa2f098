/** What a sandbox may reach. Everything else has no route. */
export interface NetworkOptions {
	/** Entries as `parseAllowRule` reads them: `HOST:PORT`, `HOST:PORT=ADDRESS`, `HOST:PORT=NETWORK/BITS`. */
	readonly allow: readonly string[];
	/** Put into requests by the proxy; not visible inside. */
	readonly secrets: readonly InjectedSecret[];
	/** Certificates in PEM that are trusted besides Node's own where the proxy checks who answers. */
	readonly authorities: readonly string[];
}

/** A secret that the proxy puts into every request to one host. */
export interface InjectedSecret {
	readonly name: string;
	readonly value: string;
	/** `HOST:PORT`; an entry of the allow-list has the same. */
	readonly to: string;
	/** The header that carries it. */
	readonly header: string;
	/** The header's value; `{}` stands for the secret. */
	readonly format: string;
}

/** How one request or tunnel came out. */
export interface NetworkConnection {
	/** As it was asked for, in canonical spelling; empty where it could not be read. */
	readonly host: string;
	/** 0 where it could not be read. */
	readonly port: number;
	/** `CONNECT` for a tunnel; empty where it could not be read. */
	readonly method: string;
	/** `passed`, `refused` by us, or `failed`: allowed, and it did not come to an answer. */
	readonly verdict: "passed" | "refused" | "failed";
	/** Why it did not pass, or was cut off; null otherwise. */
	readonly reason: NetworkReason | null;
	/** Of the answer to a request; null for a tunnel and where none came. */
	readonly status: number | null;
	/** Bytes of bodies or of a tunnel, headers not counted. */
	readonly sentBytes: number;
	readonly receivedBytes: number;
}

/** Why something did not pass. */
export type NetworkReason =
	| "not-listed"
	| "malformed"
	| "host-mismatch"
	| "method"
	| "server-name"
	| "private-address"
	| "not-resolved"
	| "unreachable"
	| "certificate"
	| "too-many-connections"
	| "too-many-bytes"
	| "headers-too-large"
	| "too-slow";

/** What a command did with the network, in an order that does not depend on timing. */
export interface NetworkReport {
	readonly connections: readonly NetworkConnection[];
	/** How many more there were than are listed. */
	readonly dropped: number;
}
