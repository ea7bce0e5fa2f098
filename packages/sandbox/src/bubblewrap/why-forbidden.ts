import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What keeps a process from making user namespaces, and the command that lets it. */
export interface Forbidding {
	readonly check: string;
	readonly detail: string;
	readonly remedy: string;
}

/** Where what forbids is read: `/` but for tests. */
export type HostRoot = string;

const settings = [
	{
		check: "user.max_user_namespaces",
		path: "proc/sys/user/max_user_namespaces",
		bad: "0",
		remedy: "sysctl -w user.max_user_namespaces=15000",
	},
	{
		check: "kernel.unprivileged_userns_clone",
		path: "proc/sys/kernel/unprivileged_userns_clone",
		bad: "0",
		remedy: "sysctl -w kernel.unprivileged_userns_clone=1",
	},
	{
		check: "apparmor",
		path: "proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		bad: "1",
		remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
	},
] as const;

/** Looks for everything that forbids user namespaces by what the system says about itself. Whether they are to be had is found by trying. */
export function forbiddingThings(root: HostRoot): readonly Forbidding[] {
	const found: Forbidding[] = [];
	for (const { check, path, bad, remedy } of settings) {
		if (readText(join(root, path)) !== bad) continue;
		found.push({ check, detail: `/${path} is ${bad}: user namespaces are restricted`, remedy });
	}
	if (isInContainer(root)) {
		found.push({
			check: "container",
			detail: "this is a container, whose own seal forbids namespaces and mounts",
			remedy:
				"run Retake on the host, or start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined",
		});
	} else if (/^Seccomp:\s*2$/m.test(readText(join(root, "proc/self/status")) ?? "")) {
		found.push({
			check: "seccomp",
			detail: "this process was started under a seccomp filter, which may forbid namespaces",
			remedy: "start Retake from a shell outside the service or sandbox that set the filter",
		});
	}
	return found;
}

function isInContainer(root: HostRoot): boolean {
	if (["/.dockerenv", "/run/.containerenv"].some((path) => existsSync(join(root, path)))) return true;
	return /(?:^|\0)container=/.test(readText(join(root, "proc/1/environ")) ?? "");
}

function readText(path: string): string | null {
	try {
		return readFileSync(path, "utf8").trim();
	} catch {
		return null;
	}
}
