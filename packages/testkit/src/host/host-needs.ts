import { existsSync } from "node:fs";
// For its types alone: what starts the test runner asks for unmet needs too, where vitest cannot be loaded.
import type { TestOptions } from "vitest";

/** What tests may need of the host beyond the programs that `scripts/host-setup` finds. */
export type HostNeed = "root" | "docker" | "rootless-docker" | "gvisor";

declare module "vitest" {
	interface TaskMeta {
		/** Why a test or a group of tests is left out on this host. */
		leftOut?: string;
	}
}

/** Returns the needs that this host does not meet, each with the reason and the remedy in one line. */
export function unmetNeeds(): ReadonlyMap<HostNeed, string> {
	const unmet = new Map<HostNeed, string>();
	const user = process.getuid?.();
	if (user !== 0) {
		unmet.set(
			"root",
			`WHAT NEEDS ROOT (mounts, trees of other owners, other users): this is uid ${user}. Run as root.`,
		);
		unmet.set(
			"docker",
			`THE DOCKER DRIVER: only root starts a daemon and reaches its volumes; this is uid ${user}. Run as root.`,
		);
	} else if (!daemonPaths.some((path) => existsSync(path))) {
		unmet.set("docker", "THE DOCKER DRIVER: there is no daemon and no dockerd. Run scripts/host-setup test.");
	}
	const docker = unmet.get("docker");
	const missing = (paths: readonly string[]): string | null => paths.find((path) => !existsSync(path)) ?? null;
	for (const [need, paths, what] of daemonsOfOthers) {
		const path = missing(paths);
		if (docker !== undefined) unmet.set(need, docker);
		else if (path !== null) unmet.set(need, `${what}: there is no ${path}. Run scripts/host-setup test.`);
	}
	return unmet;
}

const daemonsOfOthers = [
	[
		"rootless-docker",
		[
			"/usr/share/docker.io/contrib/dockerd-rootless.sh",
			"/usr/bin/rootlesskit",
			"/usr/bin/slirp4netns",
			"/usr/bin/newuidmap",
		],
		"A ROOTLESS DAEMON",
	],
	["gvisor", ["/usr/bin/runsc"], "GVISOR"],
] as const;

/**
 * Returns the options of a test, or of a group of tests, that needs something of the host: it is left out, with its
 * hooks, where the host does not have it. The run says so in a loud line, and fails where `CI=true`.
 */
export function needs(need: HostNeed): Pick<TestOptions, "skip" | "meta"> {
	const reason = unmetNeeds().get(need);
	return reason === undefined ? {} : { skip: true, meta: { leftOut: reason } };
}

const daemonPaths = ["/var/run/docker.sock", "/usr/sbin/dockerd"];
