import { isRetakeError, RetakeError } from "@retake/base";
import Docker from "dockerode";

/** Makes a client of the daemon that listens on a socket. Connects only when it is used. */
export function connectDocker(socketPath: string): Docker {
	return new Docker({ socketPath });
}

/** Returns the HTTP status with which the daemon refused, or null where it gave none. */
export function daemonStatus(error: unknown): number | null {
	if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") return error.statusCode;
	return null;
}

/** Tells whether an error means that nobody answers on the socket. */
export function isUnreachable(error: unknown): boolean {
	if (!(error instanceof Error) || !("code" in error)) return false;
	return ["ENOENT", "ECONNREFUSED", "EACCES", "EPERM", "ENOTSOCK", "ENOTDIR"].includes(String(error.code));
}

/** Returns the error that says that no daemon answers, with the remedy. */
export function daemonUnreachable(socketPath: string, cause: unknown): RetakeError {
	return new RetakeError("SANDBOX_UNAVAILABLE", `no Docker daemon answers on ${socketPath}`, {
		data: { socketPath },
		remedy: isDenied(cause)
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
		remedy: "look into the daemon's log; retake doctor tries each part of it",
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
