import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import type { SandboxLimits } from "@retake/base";
import { RetakeError } from "@retake/base";
import { MS_REMOUNT, mountFileSystem } from "@retake/linux";
import type Docker from "dockerode";
import { withDaemon, withDaemonRemoval } from "./docker-client.ts";
import { labelsFor } from "./docker-labels.ts";
import { untilRuns } from "./until-runs.ts";

/** A bounded tmpfs that the daemon keeps mounted, in which the layers of a session live. */
export interface LayerVolume extends AsyncDisposable {
	/** Path by which this process and the daemon's mounts reach it. */
	readonly root: string;
	/** Grants the inodes of one more mount, where a candidate has used up those of the limit: the next command can still start. */
	makeRoom(): void;
	/** Whether the daemon has an init that reaps what a command leaves behind. */
	readonly hasInit: boolean;
}

/** What a layer volume is made with. */
export interface LayerVolumeOptions {
	readonly session: string;
	/** Id of an image that has `sleep`. */
	readonly imageId: string;
	readonly limits: SandboxLimits;
	readonly owner: { readonly uid: number; readonly gid: number };
	readonly runtime: string | undefined;
}

/**
 * Makes the volume and the container that holds it: the daemon unmounts a volume when no container uses it any more.
 * Throws `SANDBOX_UNAVAILABLE` where the volume cannot be reached from here, `SANDBOX_FAILED` where the daemon fails.
 */
export async function createLayerVolume(docker: Docker, options: LayerVolumeOptions): Promise<LayerVolume> {
	await using undo = new AsyncDisposableStack();
	const { limits, owner, session } = options;
	// The name is in every option string of an overlay, which may not exceed a page.
	const name = `rt${randomBytes(4).toString("hex")}`;
	await withDaemon("cannot make the layers' volume", () =>
		docker.createVolume({
			Name: name,
			Driver: "local",
			DriverOpts: {
				type: "tmpfs",
				device: "tmpfs",
				o: `size=${limits.diskBytes},nr_inodes=${limits.inodes},uid=${owner.uid},gid=${owner.gid},mode=700`,
			},
			Labels: labelsFor(session, "layers"),
		}),
	);
	undo.defer(() => withDaemonRemoval("cannot remove the layers' volume", () => docker.getVolume(name).remove()));

	const holder = await startHolder(docker, { "/volume": name }, options);
	undo.defer(() => withDaemonRemoval("cannot remove the holder", () => holder.remove({ force: true, v: true })));
	const { Mountpoint: root } = await withDaemon("cannot look at the volume", () => docker.getVolume(name).inspect());
	assertReachable(root, owner.uid);
	const kept = undo.move();
	let inodes = limits.inodes;
	return {
		root,
		hasInit: holder.hasInit,
		makeRoom: () => {
			inodes += inodesOfMount;
			const flags = MS_REMOUNT;
			const options = `size=${limits.diskBytes},nr_inodes=${inodes}`;
			mountFileSystem({ source: "tmpfs", target: root, type: "tmpfs", flags, options });
		},
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}

/** What an overlay makes in its work directory while it is mounted. */
const inodesOfMount = 8;

/** A container of ours that does nothing but be there. */
export interface Holder {
	readonly id: string;
	readonly hasInit: boolean;
	remove(options: object): Promise<unknown>;
}

/** What a holder is started with. */
export interface HolderOptions extends Pick<LayerVolumeOptions, "session" | "imageId" | "runtime"> {
	/** For one that also runs errands of ours, as root with no more than these; without them it only waits. */
	readonly capabilities?: readonly string[];
}

/** Starts the container that keeps volumes mounted, or a network alive. Throws `SANDBOX_FAILED`. */
export async function startHolder(
	docker: Docker,
	volumes: Readonly<Record<string, string>>,
	options: HolderOptions,
): Promise<Holder> {
	const { capabilities = null } = options;
	for (const hasInit of [true, false]) {
		const container = await withDaemon("cannot make the holder", () =>
			docker.createContainer({
				Image: options.imageId,
				Entrypoint: [],
				Cmd: ["sleep", "infinity"],
				User: capabilities === null ? "65534:65534" : "0:0",
				Hostname: "retake",
				Labels: labelsFor(options.session, "holder"),
				HostConfig: {
					NetworkMode: "none",
					ReadonlyRootfs: true,
					CapDrop: ["ALL"],
					CapAdd: [...(capabilities ?? [])],
					SecurityOpt: ["no-new-privileges"],
					Init: hasInit,
					PidsLimit: capabilities === null ? 16 : 256,
					// What a porter writes to a tmpfs is counted as its own.
					...(capabilities === null ? { Memory: 64 * 1024 ** 2 } : {}),
					LogConfig: { Type: "none", Config: {} },
					...(options.runtime === undefined ? {} : { Runtime: options.runtime }),
					Mounts: Object.entries(volumes).map(([target, name]) => volumeMount(name, target)),
				},
			}),
		);
		try {
			await container.start();
			if (hasInit) await untilRuns(container);
			return { id: container.id, hasInit, remove: (removal) => container.remove(removal) };
		} catch (error) {
			await withDaemonRemoval("cannot remove the holder", () => container.remove({ force: true, v: true }));
			const missingInit = error instanceof Error && /docker-init|init binary/i.test(error.message);
			if (!hasInit || !missingInit) await withDaemon("cannot start the holder", () => Promise.reject(error));
		}
	}
	throw new RetakeError("SANDBOX_FAILED", "cannot start the holder");
}

/** Mounts a volume that is there, as it is. */
function volumeMount(name: string, target: string): Docker.MountSettings {
	const VolumeOptions = { NoCopy: true, Labels: {}, DriverConfig: { Name: "", Options: {} } };
	return { Type: "volume", Source: name, Target: target, VolumeOptions };
}

function assertReachable(root: string, uid: number): void {
	const remedy = "run as root on the machine of the daemon, or use the bubblewrap driver";
	const data = { root };
	let foundUid: number;
	try {
		foundUid = statSync(root).uid;
	} catch (cause) {
		throw new RetakeError("SANDBOX_UNAVAILABLE", `the layers' volume cannot be reached at ${root}`, {
			data,
			remedy,
			cause,
		});
	}
	// The directory below the mount belongs to root: another owner shows that the mount is in another mount namespace.
	if (foundUid !== uid) {
		throw new RetakeError("SANDBOX_UNAVAILABLE", `the daemon's mount at ${root} is not seen from here`, {
			data,
			remedy,
		});
	}
}
