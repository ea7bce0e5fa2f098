import { readFileSync } from "node:fs";

/**
 * Returns the most memory that a process has had resident, its threads included, bytes. Unlike `resourceUsage().maxRSS`, which begins
 * with what whoever started it had.
 */
export function peakMemory(processId: number | "self" = "self"): number {
	const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, "utf8")) ?? [];
	return Number(kibibytes) * 1024;
}
