import { isRetakeError, RetakeError } from "@retake/base";
import Docker from "dockerode";
import { type DaemonAddress, nameOfAddress } from "./daemon-address.ts";
import { daemonRemedy } from "./daemon-remedy.ts";

/** Makes a client of a daemon. Connects only when it is used. */
export function connectDocker(address: DaemonAddress): Docker {
	if ("socketPath" in address) return new Docker({ socketPath: address.socketPath });
	const { host, port, authority: ca, certificate: cert, key } = address.remote;
	return new Docker({ protocol: "https", host, port, ca, cert, key });
}

/** Returns the HTTP status with which the daemon refused, or null where it gave none. */
export function daemonStatus(error: unknown): number | null {
	if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") return error.statusCode;
	return null;
}

/** Tells whether an error means that nobody answers there, or nobody whom the certificates let in. */
export function isUnreachable(error: unknown): boolean {
	if (!(error instanceof Error) || !("code" in error)) return false;
	const code = String(error.code);
	return code.startsWith("ERR_TLS_") || code.startsWith("ERR_SSL_") || unreachableCodes.has(code);
}

const unreachableCodes: ReadonlySet<string> = new Set([
	...["ENOENT", "ECONNREFUSED", "EACCES", "EPERM", "ENOTSOCK", "ENOTDIR"],
	...["ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EPROTO"],
	...["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"],
	...["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
]);

/** Returns the error that says that no daemon answers, with the remedy. */
export function daemonUnreachable(address: DaemonAddress, cause: unknown): RetakeError {
	const name = nameOfAddress(address);
	const why = "remote" in address && cause instanceof Error ? `: ${cause.message}` : "";
	return new RetakeError("SANDBOX_UNAVAILABLE", `no Docker daemon answers on ${name}${why}`, {
		data: { address: name },
		remedy:
			"remote" in address
				? "start the daemon there with --tlsverify, and give the certificates that it and its authority made for you"
				: isDenied(cause)
					? "join the group that may use the socket (sudo usermod -aG docker $USER, then log in again), or use the bubblewrap driver"
					: "start the daemon (systemctl start docker), name its socket, or use the bubblewrap driver",
		cause,
	});
}

function isDenied(cause: unknown): boolean {
	return cause instanceof Error && "code" in cause && (cause.code === "EACCES" || cause.code === "EPERM");
}

/** Turns what the daemon or its connection threw into `SANDBOX_FAILED`; errors of our own pass unchanged. */
export function daemonFailure(what: string, error: unknown): RetakeError {
	if (isRetakeError(error)) return error;
	// What failed first says more than the removals that failed after it; all of them are in the cause.
	const first = firstFailure(error);
	const detail = first instanceof Error ? first.message : String(first);
	if (isRetakeError(first)) return new RetakeError(first.code, detail, { remedy: first.remedy ?? "", cause: error });
	return new RetakeError("SANDBOX_FAILED", `${what}: ${detail}`, {
		data: { status: daemonStatus(error) },
		remedy: daemonRemedy(detail),
		cause: error,
	});
}

function firstFailure(error: unknown): unknown {
	return error instanceof SuppressedError ? firstFailure(error.suppressed) : error;
}

/** Runs one exchange with the daemon; its failure becomes `SANDBOX_FAILED` with the cause. */
export async function withDaemon<Value>(what: string, exchange: () => Promise<Value>): Promise<Value> {
	try {
		return await exchange();
	} catch (error) {
		throw daemonFailure(what, error);
	}
}

/** Runs a removal; that the thing is gone already is success. */
export async function withDaemonRemoval(what: string, removal: () => Promise<unknown>): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			await removal();
			return;
		} catch (error) {
			if (daemonStatus(error) === 404) return;
			// 409: another removal of it is under way, or what used it is not quite gone yet.
			if (daemonStatus(error) !== 409 || attempt === 50) throw daemonFailure(what, error);
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
	}
}
