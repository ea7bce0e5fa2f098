import { readFileSync } from "node:fs";
import { fileStatus } from "./file-status.ts";
import { isSystemCallError } from "./system-call-error.ts";

/**
 * Returns the id of the process that has an open file locked by `flock`, or null where nobody does or it cannot be seen from
 * here, as from within another process namespace. Source: proc_locks(5). Throws `SystemCallError`.
 */
export function lockHolder(descriptor: number): number | null {
	const { ino } = fileStatus(descriptor);
	for (const line of readLocks().split("\n")) {
		const [, holder, inode] = /^\d+: FLOCK\s+ADVISORY\s+WRITE\s+(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /.exec(line) ?? [];
		if (inode === String(ino) && Number(holder) > 0) return Number(holder);
	}
	return null;
}

function readLocks(): string {
	try {
		return readFileSync("/proc/locks", "utf8");
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "EACCES")) return "";
		throw error;
	}
}
