import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ControlGroups } from "./control-group.ts";
import { groupMembers, groupNumber, readGroupFile } from "./group-file.ts";

/** The namespace's init and the process that waits for it are ours, not the command's. */
const ownProcesses = 2;

/** Makes groups of version 2 below a directory whose children have the memory and pids controllers. */
export function controlGroupsVersion2(directory: string, hasCpu: boolean): ControlGroups {
	let count = 0;
	return {
		enforcement: {
			memory: "cgroup v2 memory",
			processes: "cgroup v2 pids",
			cpus: hasCpu ? "cgroup v2 cpu" : null,
		},
		directories: [directory],
		create: (limits) => {
			const group = join(directory, String(count++));
			mkdirSync(group);
			writeFileSync(`${group}/memory.max`, String(limits.memoryBytes));
			if (existsSync(`${group}/memory.swap.max`)) writeFileSync(`${group}/memory.swap.max`, "0");
			writeFileSync(`${group}/pids.max`, String(limits.processes + ownProcesses));
			if (hasCpu) writeFileSync(`${group}/cpu.max`, `${Math.round(limits.cpus * 100_000)} 100000`);
			return {
				joinPaths: [`${group}/cgroup.procs`],
				members: () => groupMembers(group),
				usage: () => {
					const cpuMicroseconds = groupNumber(readGroupFile(`${group}/cpu.stat`), "usage_usec");
					return {
						cpuMs: cpuMicroseconds === null ? null : cpuMicroseconds / 1e3,
						memoryPeakBytes: groupNumber(readGroupFile(`${group}/memory.peak`)),
						memoryKills: groupNumber(readGroupFile(`${group}/memory.events`), "oom_kill") ?? 0,
					};
				},
				remove: () => rmdirSync(group),
			};
		},
	};
}
