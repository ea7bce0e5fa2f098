import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The first process of a command's process namespace, as the host sees it. When it is dead the kernel has killed and
 * reaped every other process of the namespace before.
 */
export interface NamespaceInit {
	readonly processId: number;
	/** Tells whether it is still the process that it was, and not dead. */
	isAlive(): boolean;
	/** Kills it, if it is still the process that it was. */
	kill(): void;
	/** Resolves when it is dead. */
	gone(): Promise<void>;
}

/** Takes hold of a process by its id and the time at which it started, so that a reused id is not mistaken for it. */
export function namespaceInit(processId: number): NamespaceInit {
	const startedAt = look(processId)?.startedAt;
	const isAlive = (): boolean => {
		const found = look(processId);
		return found !== null && found.startedAt === startedAt && found.state !== "Z" && found.state !== "X";
	};
	const kill = (): void => {
		if (isAlive()) killProcess(processId);
	};
	return {
		processId,
		isAlive,
		kill,
		gone: async () => {
			for (let waitMs = 0; isAlive(); waitMs = Math.min(waitMs + 1, 20)) {
				kill();
				await (waitMs === 0 ? new Promise(setImmediate) : sleep(waitMs));
			}
		},
	};
}

/** Sends SIGKILL to a process, or to a group by its negative id. One that is gone is as good as killed: returns whether there was one. */
export function killProcess(processId: number): boolean {
	try {
		process.kill(processId, "SIGKILL");
		return true;
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
		return false;
	}
}

function look(processId: number): { readonly state: string; readonly startedAt: string } | null {
	let text: string;
	try {
		text = readFileSync(`/proc/${processId}/stat`, "utf8");
	} catch (cause) {
		const { code } = cause as NodeJS.ErrnoException;
		if (code === "ENOENT" || code === "ESRCH") return null;
		throw cause;
	}
	// The name in parentheses may hold anything; the fields after it are state (3rd) to start time (22nd).
	const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
	return { state: fields[0] ?? "", startedAt: fields[19] ?? "" };
}
