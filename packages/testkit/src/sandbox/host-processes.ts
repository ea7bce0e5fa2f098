import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process as the host sees it. */
export interface HostProcess {
	readonly processId: number;
	/** The kernel's own user id, whatever it is called inside. */
	readonly uid: number;
	/** Whether it is in a process namespace of its own. */
	readonly contained: boolean;
}

/** Finds every live process of the host whose command line holds the text. Zombies have no command line. */
export function hostProcesses(text: string): readonly HostProcess[] {
	const found: HostProcess[] = [];
	for (const name of readdirSync("/proc")) {
		if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
		const process_ = readProcess(Number(name), text);
		if (process_ !== null) found.push(process_);
	}
	return found;
}

/** Looks until the condition holds or five seconds are over, and returns what is there then. */
export async function untilProcesses(
	text: string,
	condition: (found: readonly HostProcess[]) => boolean,
): Promise<readonly HostProcess[]> {
	for (let attempt = 0; ; attempt++) {
		const found = hostProcesses(text).filter((each) => each.contained);
		if (condition(found) || attempt === 250) return found;
		await sleep(20);
	}
}

function readProcess(processId: number, text: string): HostProcess | null {
	try {
		if (!readFileSync(`/proc/${processId}/cmdline`, "utf8").includes(text)) return null;
		const status = readFileSync(`/proc/${processId}/status`, "utf8");
		const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
		const namespaces = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
		return { processId, uid, contained: namespaces.length > 1 };
	} catch (cause) {
		const code = (cause as NodeJS.ErrnoException).code;
		if (code === "ENOENT" || code === "ESRCH") return null;
		throw cause;
	}
}
