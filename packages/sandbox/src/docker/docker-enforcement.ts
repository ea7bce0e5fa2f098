import { type LimitName, RetakeError } from "@retake/base";
import type { Enforcement } from "../sandbox.ts";

/** What the daemon says of its control groups. */
export interface DaemonLimits {
	readonly CgroupVersion?: string | undefined;
	readonly MemoryLimit?: boolean | undefined;
	readonly SwapLimit?: boolean | undefined;
	readonly PidsLimit?: boolean | undefined;
	readonly CpuCfsQuota?: boolean | undefined;
	readonly CPUCfsQuota?: boolean | undefined;
}

/** Says what enforces each limit under a daemon; null where nothing does. Where mounts are not shared, layers that are at rest lie on our disk. */
export function dockerEnforcement(daemon: DaemonLimits, isMountShared = true): Enforcement {
	const groups = `cgroup v${daemon.CgroupVersion ?? "1"} of the container`;
	const cpus = daemon.CpuCfsQuota === true || daemon.CPUCfsQuota === true;
	return {
		timeoutMs: "SIGKILL to the container's pid namespace",
		memoryBytes: daemon.MemoryLimit === true ? `${groups}: memory` : null,
		processes: daemon.PidsLimit === true ? `${groups}: pids` : null,
		cpus: cpus ? `${groups}: cpu quota` : null,
		diskBytes: isMountShared ? "tmpfs volume: size" : "tmpfs volume: size, for the commands that run",
		logicalBytes: "the capture of the layer",
		inodes: isMountShared ? "tmpfs volume: nr_inodes" : "tmpfs volume: nr_inodes, for the commands that run",
		outputBytes: "the driver stops keeping",
		openFiles: "RLIMIT_NOFILE",
	};
}

/** Throws `LIMIT_UNENFORCEABLE` where a mandatory limit has nothing that enforces it. */
export function assertEnforceable(enforcement: Enforcement, mandatory: readonly LimitName[]): void {
	const missing = mandatory.filter((limit) => enforcement[limit] === null);
	if (missing.length === 0) return;
	throw new RetakeError("LIMIT_UNENFORCEABLE", `the Docker daemon cannot enforce ${missing.join(", ")}`, {
		data: { limits: missing },
		remedy: "enable the control groups that retake doctor names, or do not make the limit mandatory",
	});
}
