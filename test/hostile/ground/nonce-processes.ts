import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Finds every process of the host that carries the text in its environment or its arguments, however it came there. */
export function processesWith(text: string): readonly number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
		.filter((name) => ["environ", "cmdline"].some((file) => read(`/proc/${name}/${file}`).includes(text)))
		.map(Number);
}

/** Counts the dead that nobody has waited for, of the whole host. */
export function zombieCount(): number {
	const states = readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map((name) =>
			read(`/proc/${name}/stat`)
				.replace(/^.*\) /s, "")
				.slice(0, 1),
		);
	return states.filter((state) => state === "Z").length;
}

/** Kills every process that carries the text: for what a control left running. Returns how many there were at first. */
export async function endProcessesWith(text: string): Promise<number> {
	const found = processesWith(text);
	for (let left = found; left.length > 0; left = processesWith(text)) {
		for (const processId of left) {
			try {
				process.kill(processId, "SIGKILL");
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
			}
		}
		await sleep(20);
	}
	return found.length;
}

function read(path: string): string {
	try {
		return readFileSync(path, "latin1");
	} catch (error) {
		// It ended while we looked, or is another user's.
		if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
		throw error;
	}
}
