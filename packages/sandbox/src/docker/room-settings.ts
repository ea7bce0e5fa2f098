import type { SandboxLimits } from "@retake/base";
import type Docker from "dockerode";
import type { ReadOnlyMount } from "../sandbox.ts";
import { labelsFor } from "./docker-labels.ts";
import { launcher, terminalLauncher } from "./launch-line.ts";
import type { RoomWish } from "./site.ts";

/** What every room of a session has in common. */
export interface RoomSettings {
	readonly session: string;
	readonly imageId: string;
	readonly limits: SandboxLimits;
	readonly owner: { readonly uid: number; readonly gid: number };
	readonly mounts: readonly ReadOnlyMount[];
	/** Files of ours in the layers' volume. */
	readonly files: readonly ReadOnlyMount[];
	readonly runtime: string | undefined;
	readonly hasInit: boolean;
	/** Whether the daemon can bound the processor's time; one that cannot refuses to be asked. */
	readonly hasProcessorShares: boolean;
	/** Seccomp profile in the daemon's JSON. */
	readonly seccompProfile: string;
}

/** What of a command's wishes shows in its room's description. */
export type RoomKind = Pick<RoomWish, "network" | "terminal">;

/** The kind that most commands ask for, and that is started ahead of them. */
export const plainRoom: RoomKind = { network: "none", terminal: null };

/** Returns the daemon's description of a room whose workspace is a mount. */
export function roomDescription(
	settings: RoomSettings,
	workspace: Docker.MountSettings,
	{ network, terminal }: RoomKind,
): Docker.ContainerCreateOptions {
	const { limits, owner } = settings;
	const scratch = `rw,nosuid,nodev,size=${limits.memoryBytes},nr_inodes=${limits.inodes}`;
	return {
		Image: settings.imageId,
		// An empty entrypoint would be taken for none and be replaced by the image's.
		Entrypoint: [...(terminal === null ? launcher : terminalLauncher)],
		Cmd: [],
		User: `${owner.uid}:${owner.gid}`,
		WorkingDir: "/",
		// On the network of another container, the name is that one's too.
		...(network === "none" ? { Hostname: "retake" } : {}),
		Tty: terminal !== null,
		OpenStdin: true,
		StdinOnce: terminal === null,
		AttachStdin: true,
		AttachStdout: true,
		AttachStderr: true,
		Labels: labelsFor(settings.session, "room"),
		HostConfig: {
			NetworkMode: network,
			ReadonlyRootfs: true,
			CapDrop: ["ALL"],
			SecurityOpt: ["no-new-privileges", `seccomp=${settings.seccompProfile}`],
			IpcMode: "private",
			Init: settings.hasInit,
			Memory: limits.memoryBytes,
			MemorySwap: limits.memoryBytes,
			OomKillDisable: false,
			PidsLimit: limits.processes,
			...(settings.hasProcessorShares ? { NanoCpus: Math.round(limits.cpus * 1e9) } : {}),
			Ulimits: [
				{ Name: "nofile", Soft: limits.openFiles, Hard: limits.openFiles },
				{ Name: "core", Soft: 0, Hard: 0 },
			],
			ShmSize: Math.min(limits.memoryBytes, shmBytesMax),
			Tmpfs: {
				"/tmp": `${scratch},mode=1777`,
				"/home/retake": `${scratch},mode=700,uid=${owner.uid},gid=${owner.gid}`,
			},
			LogConfig: { Type: "none", Config: {} },
			...(settings.runtime === undefined ? {} : { Runtime: settings.runtime }),
			Mounts: [workspace, ...settings.mounts.map(readOnlyBind), ...settings.files.map(fileOfVolume)],
		},
	};
}

const shmBytesMax = 64 * 1024 ** 2;

/** What the daemon demands of a source within its own root, where volumes lie; and how a mount reaches a room that runs. */
export const withinDaemonsRoot = { Propagation: "rslave" } as const;

/** Binds a slot, so that what is mounted there later appears inside. */
export function slotMount(slot: string): Docker.MountSettings {
	return { Type: "bind", Source: slot, Target: "/workspace", BindOptions: withinDaemonsRoot };
}

function fileOfVolume({ source: Source, target: Target }: ReadOnlyMount): Docker.MountSettings {
	return { Type: "bind", Source, Target, ReadOnly: true, BindOptions: withinDaemonsRoot };
}

function readOnlyBind(mount: ReadOnlyMount): Docker.MountSettings {
	return {
		Type: "bind",
		Source: mount.source,
		Target: mount.target,
		ReadOnly: true,
		BindOptions: { Propagation: "rprivate" },
	};
}
