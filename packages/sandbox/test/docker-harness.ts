import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits, systemClock } from "@retake/base";
import {
	buildDockerImage,
	createDockerDriver,
	type DockerDriverSettings,
	type RemoteDaemon,
	readImageDeclaration,
	type SandboxOptions,
} from "@retake/sandbox";
import { ensureDocker, type SandboxHarness } from "@retake/testkit";

/** A daemon. */
export interface StartedDaemon {
	readonly socketPath: string;
	readonly processId: number | null;
	/** How a driver reaches it, where it does not by the socket. */
	readonly remote?: RemoteDaemon;
	stop(): Promise<void>;
}

/** A daemon with the base image. Disposal stops it where it was started for this. */
export interface DockerGround extends AsyncDisposable {
	readonly socketPath: string;
	/** The daemon's process where it was started for this; else null. */
	readonly processId: number | null;
	/** Makes a harness of the docker driver as root, with candidates as another user. */
	open(options?: Partial<SandboxOptions>, driver?: Partial<DockerDriverSettings>): Promise<SandboxHarness>;
}

const owner = { uid: 1000, gid: 1000 };

/** Finds or starts a daemon and gives it the base image. */
export async function openDockerGround(start: () => Promise<StartedDaemon> = ensureDocker): Promise<DockerGround> {
	await using undo = new AsyncDisposableStack();
	const daemon = await start();
	undo.defer(() => daemon.stop());
	const { socketPath, processId, remote } = daemon;
	const address = remote === undefined ? { socketPath } : { remote };
	const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
	const cacheDirectory = join(tmpdir(), "retake-images");
	const { reference: image } = await buildDockerImage(declaration, { socketPath, cacheDirectory });
	const kept = undo.move();
	return {
		socketPath,
		processId,
		open: async (changed = {}, driver = {}) => {
			const treesDirectory = mkdtempSync(join(tmpdir(), "rtt"));
			chownSync(treesDirectory, owner.uid, owner.gid);
			const usual = { limits: defaultLimits, mandatory: [], treesDirectory, mounts: [], pathPrefix: [], owner, image };
			return {
				driver: createDockerDriver({ ...address, clock: systemClock, ...driver }),
				options: { ...usual, ...changed },
				[Symbol.asyncDispose]: async () => rmSync(treesDirectory, { recursive: true }),
			};
		},
		[Symbol.asyncDispose]: () => kept.disposeAsync(),
	};
}
