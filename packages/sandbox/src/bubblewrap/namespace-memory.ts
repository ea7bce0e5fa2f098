import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { orGone, type ProcessFileReader } from "./process-file-reader.ts";

/** Memory of one process, bytes: what is its own, and what it shares with a file in memory or with other processes. */
export interface ProcessMemory {
	readonly processId: number;
	readonly anonymous: number;
	readonly shared: number;
}

/**
 * Returns every process below and with `init`, in the order of the tree, found by walking from parents to children: the
 * cost follows the number of the command's threads, not of the host's processes. One that is adopted by another while
 * we walk may be missed until the next time. Pages that two processes share count for each.
 */
export function namespaceMemory(init: number, read: ProcessFileReader): readonly ProcessMemory[] {
	const found: ProcessMemory[] = [];
	const pending = [init];
	for (let processId = pending.pop(); processId !== undefined; processId = pending.pop()) {
		const status = read(`/proc/${processId}/status`);
		if (status === null) continue;
		found.push({
			processId,
			anonymous: kibibytes(status, "\nRssAnon:"),
			shared: kibibytes(status, "\nRssShmem:"),
		});
		for (const thread of threadsOf(processId, status)) {
			const children = read(`/proc/${processId}/task/${thread}/children`) ?? "";
			for (const child of children.split(" ")) if (child !== "") pending.push(Number(child));
		}
	}
	return found;
}

/**
 * Counts a process again by its shares of the pages that it has mapped: a page of three processes is a third for each.
 * One that we must not look into stays as it was counted.
 */
export async function proportionalMemory(counted: ProcessMemory): Promise<ProcessMemory> {
	const { processId } = counted;
	try {
		const rollup = await readFile(`/proc/${processId}/smaps_rollup`, "latin1");
		return { processId, anonymous: kibibytes(rollup, "\nPss_Anon:"), shared: kibibytes(rollup, "\nPss_Shmem:") };
	} catch (cause) {
		orGone(cause);
		const { code } = cause as NodeJS.ErrnoException;
		return code === "EACCES" || code === "EPERM" ? counted : { processId, anonymous: 0, shared: 0 };
	}
}

function threadsOf(processId: number, status: string): readonly (number | string)[] {
	if (status.includes("\nThreads:\t1\n")) return [processId];
	try {
		return readdirSync(`/proc/${processId}/task`);
	} catch (cause) {
		return orGone(cause) ?? [];
	}
}

/** A line that is not there is 0: a process that has ended, or is about to, has no memory. */
function kibibytes(text: string, name: string): number {
	const at = text.indexOf(name);
	return at === -1 ? 0 : Number.parseInt(text.slice(at + name.length), 10) * 1024;
}
