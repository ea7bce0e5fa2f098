import { readFileSync, readlinkSync } from "node:fs";

/** The process that started something in the daemon, told apart from any later process with the same number. */
export interface RunnerIdentity {
	/** Changes with every boot of the machine. */
	readonly boot: string;
	/** The pid namespace in which `pid` counts. */
	readonly namespace: string;
	readonly pid: number;
	/** When it started, in clock ticks since the boot. */
	readonly startTicks: string;
}

/** Returns the identity of this process. */
export function currentRunner(): RunnerIdentity {
	return { ...currentPlace(), pid: process.pid, startTicks: startTicksOf(process.pid) ?? "" };
}

/** Writes an identity as one label's value. */
export function formatRunner(runner: RunnerIdentity): string {
	return [runner.boot, runner.namespace, runner.pid, runner.startTicks].join("/");
}

/**
 * Tells whether the runner of a label is dead for certain. A runner in another pid namespace cannot be seen from here and
 * counts as alive; one of an earlier boot is dead.
 */
export function isRunnerDead(label: string): boolean {
	const [boot, namespace, pid, startTicks] = label.split("/");
	if (boot === undefined || namespace === undefined || pid === undefined || startTicks === undefined) return false;
	const here = currentPlace();
	if (boot !== here.boot) return true;
	if (namespace !== here.namespace) return false;
	return startTicksOf(Number(pid)) !== startTicks;
}

function currentPlace(): { readonly boot: string; readonly namespace: string } {
	return {
		boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
		namespace: readlinkSync("/proc/self/ns/pid"),
	};
}

/** Returns when a process started, in clock ticks since the boot; null where it is gone or a zombie. */
export function startTicksOf(pid: number): string | null {
	try {
		const status = readFileSync(`/proc/${pid}/stat`, "utf8");
		const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
		// A zombie does nothing any more; its parent may be slow to reap it.
		return fields[0] === "Z" ? null : (fields[19] ?? null);
	} catch (error) {
		if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return null;
		throw error;
	}
}
