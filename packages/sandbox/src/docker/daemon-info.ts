import type Docker from "dockerode";
import { daemonUnreachable, isUnreachable, withDaemon } from "./docker-client.ts";

/** What is used of the daemon's answer about itself; see the Engine API's reference, "get system information". */
export interface DaemonInfo {
	readonly Architecture: string;
	readonly ServerVersion: string;
	readonly Driver: string;
	readonly CgroupDriver: string;
	readonly CgroupVersion?: string;
	readonly KernelVersion: string;
	readonly MemoryLimit: boolean;
	readonly PidsLimit: boolean;
	readonly CpuCfsQuota: boolean;
	readonly DefaultRuntime: string;
	readonly Runtimes: Readonly<Record<string, unknown>>;
	readonly SecurityOptions?: readonly string[];
}

/** Asks the daemon about itself. Throws `SANDBOX_UNAVAILABLE` where none answers. */
export async function readDaemonInfo(docker: Docker, socketPath: string): Promise<DaemonInfo> {
	try {
		return (await docker.info()) as DaemonInfo;
	} catch (error) {
		if (isUnreachable(error)) throw daemonUnreachable(socketPath, error);
		return withDaemon("the daemon does not say what it is", () => Promise.reject(error));
	}
}
