import { constants, mkdirSync, openSync, readFileSync, rmdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import {
	isSystemCallError,
	MS_BIND,
	MS_NODEV,
	MS_NOSUID,
	MS_REMOUNT,
	mountFileSystem,
	O_PATH,
	OpenDescriptor,
	unmountFileSystem,
} from "@retake/linux";
import type { WorkspaceMount, WorkspaceOverlay } from "../sandbox.ts";
import { assertFits } from "./overlay-options.ts";

/**
 * An empty directory that a room sees as `/workspace` from its start. What is mounted on it here appears in the room, because the
 * room's bind is a slave of this mount: so a room can be started before its workspace is known.
 */
export interface WorkspaceSlot {
	readonly path: string;
	/** Mounts a workspace for the room whose first process this is. Throws `SANDBOX_FAILED` where the room does not see it. */
	enter(workspace: WorkspaceMount, pid: number): void;
	/** Unmounts it when the room's processes are dead. Throws `SANDBOX_FAILED` where something still uses it. */
	leave(): Promise<void>;
	/** Removes the directory, and what is mounted there. */
	remove(): void;
}

/** Makes a slot at a path below a shared mount. */
export function createWorkspaceSlot(path: string): WorkspaceSlot {
	mkdirSync(path, { mode: 0o755 });
	let mounted = false;
	return {
		path,
		enter: (workspace, pid) => {
			if (workspace.kind === "overlay") mountOverlay(workspace, path);
			else bindDirectory(workspace.directory, path);
			mounted = true;
			if (!isMounted(`/proc/${pid}/mountinfo`, "/workspace")) {
				throw new RetakeError("SANDBOX_FAILED", "the container does not see the workspace that was mounted for it", {
					remedy: "run Retake in the mount namespace of the Docker daemon, or as an ordinary user",
				});
			}
		},
		leave: async () => {
			if (!mounted) return;
			await unmountPatiently(path);
			mounted = false;
		},
		remove: () => {
			if (mounted) unmountFileSystem(path, { lazily: true });
			mounted = false;
			rmdirSync(path);
		},
	};
}

/** Names each layer by an open descriptor: short, so that hundreds fit into a page, and free of what options would have to escape. */
function mountOverlay(workspace: WorkspaceOverlay, target: string): void {
	using opened = new DisposableStack();
	const name = (path: string): string => {
		const flags = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
		return `/proc/self/fd/${opened.use(new OpenDescriptor(openSync(path, flags))).descriptor}`;
	};
	const lowers = workspace.lowers.map(name).join(":");
	const options = `userxattr,lowerdir=${lowers},upperdir=${name(workspace.upper)},workdir=${name(workspace.work)}`;
	assertFits(options, workspace.lowers.length);
	mountFileSystem({ source: "retake-workspace", target, type: "overlay", flags: MS_NOSUID + MS_NODEV, options });
}

function bindDirectory(source: string, target: string): void {
	mountFileSystem({ source, target, type: "", flags: MS_BIND, options: "" });
	mountFileSystem({ source, target, type: "", flags: MS_REMOUNT + MS_BIND + MS_NOSUID + MS_NODEV, options: "" });
}

/** Tells whether two mounts lie on a path: the slot's own, and the workspace's on it. */
function isMounted(mountInfo: string, path: string): boolean {
	const points = readFileSync(mountInfo, "utf8")
		.split("\n")
		.map((line) => line.split(" ")[4]);
	return points.filter((point) => point === path).length > 1;
}

const attemptsMax = 200;

/** That an unmount succeeds without being lazy is the proof that nobody holds a file of it any more. */
async function unmountPatiently(path: string): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		try {
			unmountFileSystem(path, { lazily: false });
			return;
		} catch (error) {
			if (!isSystemCallError(error, "EBUSY")) throw error;
			if (attempt < attemptsMax) {
				await sleep(5);
				continue;
			}
			unmountFileSystem(path, { lazily: true });
			throw new RetakeError(
				"SANDBOX_FAILED",
				"a workspace was still in use when every process of its command was dead",
				{
					remedy: "look for processes of the host that have entered it",
					cause: error,
				},
			);
		}
	}
}
