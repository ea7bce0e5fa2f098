import { readFileSync } from "node:fs";

/** What the kernel counted for one room. Null where it does not count it or the group is gone already. */
export interface RoomCounters {
	readonly cpuMs: number | null;
	readonly memoryPeakBytes: number | null;
	/** Processes that the kernel killed for want of memory. */
	readonly memoryKills: number | null;
}

/** The control group of a room's processes, found while it runs so that its counters can be read when they are dead. */
export interface RoomCgroup {
	/** Reads the counters. All are null while a process of the room is alive: what it uses is not counted to the end. */
	readFinal(): RoomCounters;
}

const none: RoomCounters = { cpuMs: null, memoryPeakBytes: null, memoryKills: null };

/** The group of a room whose kernel is not this one. */
export const countsNothing: RoomCgroup = { readFinal: () => none };

/** Finds the control groups of a process of this machine, of version 1, 2 or both. Never throws: what is not found counts nothing. */
export function findRoomCgroup(pid: number): RoomCgroup {
	const memberships = readText(`/proc/${pid}/cgroup`) ?? "";
	const paths = new Map<string, string>();
	for (const line of memberships.split("\n")) {
		const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
		if (controllers === undefined || path === undefined) continue;
		if (controllers === "") paths.set("", path);
		for (const controller of controllers.split(",")) paths.set(controller, path);
	}
	const accounting = paths.get("cpuacct");
	const memory = paths.get("memory");
	if (accounting !== undefined && memory !== undefined) {
		return readsVersion1(`/sys/fs/cgroup/cpuacct${accounting}`, `/sys/fs/cgroup/memory${memory}`);
	}
	const unified = paths.get("");
	return unified === undefined ? countsNothing : readsVersion2(`/sys/fs/cgroup${unified}`);
}

function readsVersion1(accounting: string, memory: string): RoomCgroup {
	return {
		readFinal: () => {
			if (readText(`${memory}/cgroup.procs`) !== "") return none;
			return {
				cpuMs: milliseconds(readText(`${accounting}/cpuacct.usage`), 1e6),
				memoryPeakBytes: number(readText(`${memory}/memory.max_usage_in_bytes`)),
				memoryKills: field(readText(`${memory}/memory.oom_control`), "oom_kill"),
			};
		},
	};
}

function readsVersion2(group: string): RoomCgroup {
	return {
		readFinal: () => {
			if (readText(`${group}/cgroup.procs`) !== "") return none;
			const cpuMicroseconds = field(readText(`${group}/cpu.stat`), "usage_usec");
			return {
				cpuMs: cpuMicroseconds === null ? null : Math.round(cpuMicroseconds / 1e3),
				memoryPeakBytes: number(readText(`${group}/memory.peak`)),
				memoryKills: field(readText(`${group}/memory.events`), "oom_kill"),
			};
		},
	};
}

function milliseconds(text: string | null, unitsPerMillisecond: number): number | null {
	const value = number(text);
	return value === null ? null : Math.round(value / unitsPerMillisecond);
}

function number(text: string | null): number | null {
	return text === null || !/^\d+\s*$/.test(text) ? null : Number(text);
}

function field(text: string | null, name: string): number | null {
	const line = text?.split("\n").find((candidate) => candidate.startsWith(`${name} `));
	return line === undefined ? null : number(line.slice(name.length + 1));
}

function readText(path: string): string | null {
	try {
		return readFileSync(path, "utf8");
	} catch {
		// The daemon removes the group as soon as it hears of the end; a counter that was missed is reported as unknown.
		return null;
	}
}
