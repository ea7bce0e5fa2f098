import type { NetworkConnection, NetworkReason } from "./network-options.ts";

/** Why the proxy lets something not pass. Never leaves the proxy: it becomes an answer to the command and an entry of the record. */
export class NetworkRefusal extends Error {
	readonly verdict: Exclude<NetworkConnection["verdict"], "passed">;
	readonly reason: NetworkReason;

	constructor(verdict: NetworkRefusal["verdict"], reason: NetworkReason, cause?: unknown) {
		super(reason, { cause });
		this.verdict = verdict;
		this.reason = reason;
	}
}

/** Returns the refusal that an error stands for: whatever else goes wrong between here and the other side is that it is not reached. */
export function refusalOf(cause: unknown): NetworkRefusal {
	if (cause instanceof NetworkRefusal) return cause;
	const { code } = cause as NodeJS.ErrnoException;
	const isCertificate = code !== undefined && /CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO|ERR_SSL|EPROTO|ISSUER/.test(code);
	return new NetworkRefusal("failed", isCertificate ? "certificate" : "unreachable", cause);
}
