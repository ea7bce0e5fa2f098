import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ControlGroups } from "./control-group.ts";
import { controlGroupsVersion1 } from "./control-groups-version-1.ts";
import { controlGroupsVersion2 } from "./control-groups-version-2.ts";
import { readGroupFile } from "./group-file.ts";

const mountPoint = "/sys/fs/cgroup";

/**
 * Makes directories named `name` for one sandbox's groups, in version 1 below this process's own groups, in version 2 at
 * the nearest place above where children may have limits. Returns null where this process may not limit memory and
 * processes, as an ordinary user mostly may not.
 */
export function findControlGroups(name: string): ControlGroups | null {
	return version1(name) ?? version2(name);
}

function version1(name: string): ControlGroups | null {
	const own = ownGroups();
	const made: string[] = [];
	const make = (controller: string): string | null => {
		const path = own.get(controller);
		const directory = path === undefined ? null : join(mountPoint, controller, path, name);
		if (directory === null || !tryMakeDirectory(directory)) return null;
		made.push(directory);
		return directory;
	};
	const memory = make("memory");
	const pids = memory === null ? null : make("pids");
	const cpuacct = pids === null ? null : make("cpuacct");
	if (memory === null || pids === null || cpuacct === null) {
		for (const directory of made) rmdirSync(directory);
		return null;
	}
	const cpu = own.get("cpu") === own.get("cpuacct") && sameHierarchy() ? cpuacct : make("cpu");
	return controlGroupsVersion1({ memory, pids, cpuacct, cpu });
}

function version2(name: string): ControlGroups | null {
	const own = ownGroups().get("");
	if (own === undefined || !existsSync(`${mountPoint}/cgroup.controllers`)) return null;
	// systemd gives shares of the processor to few of its groups: one further up that has them is better than a near one without.
	return version2With(["memory", "pids", "cpu"], own, name) ?? version2With(["memory", "pids"], own, name);
}

function version2With(wanted: readonly string[], own: string, name: string): ControlGroups | null {
	for (let parent = join(mountPoint, own); parent.startsWith(mountPoint); parent = dirname(parent)) {
		const directory = join(parent, name);
		if (!tryMakeDirectory(directory)) continue;
		const controllers = (readGroupFile(`${directory}/cgroup.controllers`) ?? "").trim().split(" ");
		if (wanted.every((each) => controllers.includes(each)) && tryDelegate(directory, wanted)) {
			return controlGroupsVersion2(directory, wanted.includes("cpu"));
		}
		rmdirSync(directory);
	}
	return null;
}

/** Reads this process's group in each hierarchy; the key of version 2 is the empty string. */
function ownGroups(): ReadonlyMap<string, string> {
	const groups = new Map<string, string>();
	for (const line of readFileSync("/proc/self/cgroup", "utf8").split("\n")) {
		const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
		if (controllers === undefined || path === undefined) continue;
		for (const controller of controllers.split(",")) groups.set(controller, path);
	}
	return groups;
}

/** Tells whether `cpu` and `cpuacct` are one hierarchy, as systemd mounts them. */
function sameHierarchy(): boolean {
	return readFileSync("/proc/self/cgroup", "utf8")
		.split("\n")
		.some((line) => /:(cpu,cpuacct|cpuacct,cpu):/.test(line));
}

function tryMakeDirectory(path: string): boolean {
	try {
		mkdirSync(path);
		return true;
	} catch (cause) {
		return refused(cause);
	}
}

function tryDelegate(directory: string, controllers: readonly string[]): boolean {
	try {
		writeFileSync(`${directory}/cgroup.subtree_control`, controllers.map((each) => `+${each}`).join(" "));
		// A process can be moved only by one that may write to the nearest group above both.
		writeFileSync(`${dirname(directory)}/cgroup.procs`, "");
		return true;
	} catch (cause) {
		return refused(cause);
	}
}

/** Returns false for an answer that means "not here"; throws on. */
function refused(cause: unknown): false {
	const { code } = cause as NodeJS.ErrnoException;
	const answers = ["EACCES", "EPERM", "EROFS", "ENOENT", "EBUSY", "EOPNOTSUPP", "ENOSPC", "EINVAL", "EAGAIN"];
	if (code !== undefined && answers.includes(code)) return false;
	throw cause;
}
