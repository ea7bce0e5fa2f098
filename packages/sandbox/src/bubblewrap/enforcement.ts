import { type LimitName, RetakeError } from "@retake/base";
import type { ControlGroups } from "../limits/control-group.ts";
import type { Enforcement } from "../sandbox.ts";
import type { LayersOn } from "./holder.ts";
import { lookEveryMs } from "./memory-watcher.ts";

/** What enforces the memory limit where there are no control groups. */
export const memoryWatch = `watched every ${lookEveryMs} ms, RLIMIT_DATA behind it`;

/**
 * Says what enforces each limit. With control groups, pages of the layer space count as memory of the command that wrote
 * them; without, memory is watched, the layer space has only its own bound, and shares of the processor have none.
 */
export function enforcementOf(groups: ControlGroups | null, layersOn: LayersOn): Enforcement {
	return {
		timeoutMs: "SIGKILL to the process namespace",
		memoryBytes: groups?.enforcement.memory ?? memoryWatch,
		processes: groups?.enforcement.processes ?? "RLIMIT_NPROC of the user namespace",
		cpus: groups?.enforcement.cpus ?? null,
		diskBytes: layersOn === "tmpfs" ? "tmpfs size" : null,
		logicalBytes: "the capture of the layer",
		inodes: layersOn === "tmpfs" ? "tmpfs nr_inodes" : null,
		outputBytes: "the reader",
		openFiles: "RLIMIT_NOFILE",
	};
}

/** Throws `LIMIT_UNENFORCEABLE` where a mandatory limit is not enforced. */
export function checkMandatory(mandatory: readonly LimitName[], enforcement: Enforcement): void {
	const missing = mandatory.filter((name) => enforcement[name] === null);
	if (missing.length === 0) return;
	throw new RetakeError("LIMIT_UNENFORCEABLE", `not enforced on this host: ${missing.join(", ")}`, {
		data: { limits: missing },
		remedy:
			"run as root, or where systemd delegates control groups (systemd-run --user --scope -p Delegate=yes), or leave the limit out of `mandatory`",
	});
}
