import { RetakeError } from "@retake/base";
import type { DaemonAddress } from "./daemon-address.ts";
import type { DaemonInfo } from "./daemon-info.ts";

/** What this process and the containers of a daemon have in common. */
export interface DaemonReach {
	/** Whether what is mounted here is seen there: the daemon is this machine's, its root is this one's, and so is its containers' kernel. */
	readonly isMountShared: boolean;
	/** Whether containers run on the daemon's own kernel, and not on one that the runtime brings. */
	readonly isSharedKernel: boolean;
	/** For containers in which no candidate's code is; the daemon's default where it is missing. */
	readonly porterRuntime: string | undefined;
	/** In words, why an allow-list cannot be kept; null where it can. */
	readonly noAllowList: string | null;
}

/** Finds out what is shared with a daemon, from what it says of itself. */
export function findReach(address: DaemonAddress, daemon: DaemonInfo, runtime: string | undefined): DaemonReach {
	const isHere = "socketPath" in address;
	const isRoot = process.getuid?.() === 0;
	const runs = runtime ?? daemon.DefaultRuntime;
	const isSharedKernel = /^(runc|crun|youki|io\.containerd\.runc\.v\d)$/.test(runs);
	return {
		isMountShared: isHere && isRoot && isSharedKernel && !isRootless(daemon) && !hasUsersOfItsOwn(daemon),
		isSharedKernel,
		porterRuntime: "runc" in daemon.Runtimes ? "runc" : undefined,
		noAllowList: whyNoAllowList({ isHere, isRoot, isSharedKernel, isRootless: isRootless(daemon), runtime: runs }),
	};
}

/** Tells whether a daemon runs as an ordinary user. */
export function isRootless(daemon: Pick<DaemonInfo, "SecurityOptions">): boolean {
	return hasOption(daemon, "rootless");
}

/** Tells whether the users of its containers are others than the machine's (userns-remap). */
function hasUsersOfItsOwn(daemon: Pick<DaemonInfo, "SecurityOptions">): boolean {
	return hasOption(daemon, "userns");
}

function hasOption({ SecurityOptions: options }: Pick<DaemonInfo, "SecurityOptions">, name: string): boolean {
	return (options ?? []).some((option) => option.split(",").includes(`name=${name}`));
}

interface Circumstances {
	readonly isHere: boolean;
	readonly isRoot: boolean;
	readonly isSharedKernel: boolean;
	readonly isRootless: boolean;
	readonly runtime: string;
}

/** The way out is a socket in the container's network: that takes a container whose network is this kernel's, and power over it. */
function whyNoAllowList({ isHere, isRoot, isSharedKernel, isRootless: ofUser, runtime }: Circumstances): string | null {
	if (!isHere) return "the daemon is on another machine";
	// It makes no control groups by whose names its processes could be told.
	if (ofUser) return "the daemon is rootless";
	if (!isSharedKernel) return `the runtime ${runtime} has a network of its own`;
	return isRoot ? null : "it takes root on the daemon's machine";
}

/** Throws `SANDBOX_UNAVAILABLE` where no allow-list can be kept. */
export function assertAllowListPossible({ noAllowList }: DaemonReach): void {
	if (noAllowList === null) return;
	throw new RetakeError("SANDBOX_UNAVAILABLE", `no allow-list can be kept here: ${noAllowList}`, {
		remedy:
			"use the bubblewrap driver, or run as root on the daemon's machine with the runtime runc, or give no allow-list",
	});
}
