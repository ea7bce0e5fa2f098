import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { type DaemonAddress, nameOfAddress } from "./daemon-address.ts";
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

/** How long a daemon may take to say what it is, milliseconds. */
const answerMsMax = 8000;

/** The first version of the Engine API that takes what rooms are made of. */
const apiVersionMin = [1, 41] as const;

/** Asks the daemon about itself. Throws `SANDBOX_UNAVAILABLE` where none answers in time, or one that is too old. */
export async function readDaemonInfo(docker: Docker, address: DaemonAddress): Promise<DaemonInfo> {
	const name = nameOfAddress(address);
	using patience = startPatience(name);
	try {
		const answers = Promise.all([docker.info(), docker.version()]);
		answers.catch(() => {});
		const [info, version] = await Promise.race([answers, patience.over]);
		assertDaemon(name, info?.ServerVersion, version?.ApiVersion);
		return info as DaemonInfo;
	} catch (error) {
		if (isUnreachable(error)) throw daemonUnreachable(address, error);
		return await withDaemon("the daemon does not say what it is", () => Promise.reject(error));
	}
}

function assertDaemon(name: string, serverVersion: unknown, apiVersion: unknown): void {
	const numbers = /^(\d+)\.(\d+)$/.exec(String(apiVersion))?.slice(1).map(Number);
	if (typeof serverVersion !== "string" || numbers === undefined) {
		throw new RetakeError("SANDBOX_UNAVAILABLE", `what answers on ${name} is no Docker daemon`, {
			data: { address: name },
			remedy: "name the daemon's own address (DOCKER_HOST), or use the bubblewrap driver",
		});
	}
	const [major = 0, minor = 0] = numbers;
	if (major > apiVersionMin[0] || (major === apiVersionMin[0] && minor >= apiVersionMin[1])) return;
	throw new RetakeError(
		"SANDBOX_UNAVAILABLE",
		`the Docker daemon ${serverVersion} speaks API ${String(apiVersion)}, and ${apiVersionMin.join(".")} is needed`,
		{ data: { serverVersion, apiVersion }, remedy: "take Docker 20.10 or newer, or use the bubblewrap driver" },
	);
}

/** A daemon that hangs accepts connections and says nothing. */
function startPatience(name: string): { readonly over: Promise<never> } & Disposable {
	const { promise: over, reject } = Promise.withResolvers<never>();
	over.catch(() => {});
	const timer = setTimeout(() => {
		const message = `the Docker daemon on ${name} did not answer within ${answerMsMax} ms`;
		const remedy = "restart the daemon (systemctl restart docker), or use the bubblewrap driver";
		reject(new RetakeError("SANDBOX_UNAVAILABLE", message, { data: { address: name, answerMsMax }, remedy }));
	}, answerMsMax);
	return { over, [Symbol.dispose]: () => clearTimeout(timer) };
}
