import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SandboxLimits } from "@retake/base";
import type { ControlGroup, ControlGroups } from "./control-group.ts";
import { groupMembers, groupNumber, readGroupFile } from "./group-file.ts";

/** Directories of this sandbox in each hierarchy; `cpu` is null where that controller cannot be had. */
export interface Version1Directories {
	readonly memory: string;
	readonly pids: string;
	readonly cpuacct: string;
	readonly cpu: string | null;
}

/** Makes groups in the hierarchies of version 1, one directory a controller. */
export function controlGroupsVersion1(directories: Version1Directories): ControlGroups {
	const parents = [...new Set(Object.values(directories).filter((path) => path !== null))];
	let count = 0;
	return {
		enforcement: {
			memory: "cgroup v1 memory",
			processes: "cgroup v1 pids",
			cpus: directories.cpu === null ? null : "cgroup v1 cpu",
		},
		directories: parents,
		create: (limits) => createGroup(directories, parents, String(count++), limits),
	};
}

/** The namespace's init and the process that waits for it are ours, not the command's. */
const ownProcesses = 2;

function createGroup(
	directories: Version1Directories,
	parents: readonly string[],
	name: string,
	limits: SandboxLimits,
): ControlGroup {
	const groups = parents.map((parent) => join(parent, name));
	for (const group of groups) mkdirSync(group);
	const memory = join(directories.memory, name);
	writeFileSync(`${memory}/memory.limit_in_bytes`, String(limits.memoryBytes));
	if (readGroupFile(`${memory}/memory.memsw.limit_in_bytes`) !== null) {
		writeFileSync(`${memory}/memory.memsw.limit_in_bytes`, String(limits.memoryBytes));
	}
	writeFileSync(join(directories.pids, name, "pids.max"), String(limits.processes + ownProcesses));
	if (directories.cpu !== null) {
		writeFileSync(join(directories.cpu, name, "cpu.cfs_quota_us"), String(Math.round(limits.cpus * 100_000)));
	}
	return {
		// Through `tasks` a process of one thread moves itself without the lock over all threads of the machine that
		// `cgroup.procs` takes, which costs milliseconds in every hierarchy (kernel/cgroup/cgroup.c, cgroup_procs_write_start).
		joinPaths: groups.map((group) => `${group}/tasks`),
		members: () => groupMembers(memory),
		usage: () => {
			const cpuNanoseconds = groupNumber(readGroupFile(join(directories.cpuacct, name, "cpuacct.usage")));
			return {
				cpuMs: cpuNanoseconds === null ? null : cpuNanoseconds / 1e6,
				memoryPeakBytes: groupNumber(readGroupFile(`${memory}/memory.max_usage_in_bytes`)),
				memoryKills: groupNumber(readGroupFile(`${memory}/memory.oom_control`), "oom_kill") ?? 0,
			};
		},
		remove: () => {
			for (const group of groups) rmdirSync(group);
		},
	};
}
