import { type Clock, RetakeError, systemRandomness } from "@retake/base";
import type Docker from "dockerode";
import { imageReference } from "../image/image-declaration.ts";
import { imageDigest } from "../image/image-record.ts";
import { chooseNetwork } from "../network/choose-network.ts";
import type { Sandbox, SandboxDriver, SandboxOptions } from "../sandbox.ts";
import { cleanUpDaemon } from "./clean-up-docker.ts";
import type { DaemonAddress } from "./daemon-address.ts";
import { type DaemonInfo, readDaemonInfo } from "./daemon-info.ts";
import { assertAllowListPossible, findReach } from "./daemon-reach.ts";
import { connectDocker } from "./docker-client.ts";
import { assertEnforceable, dockerEnforcement } from "./docker-enforcement.ts";
import { openDockerSandbox } from "./docker-sandbox.ts";
import { findImage } from "./find-image.ts";
import { loadKeptImage, type NamedImage } from "./load-kept-image.ts";
import { probeDocker } from "./probe-docker.ts";

/** What a docker driver is made with: where the daemon listens, and what it is to do there. */
export type DockerDriverOptions = DaemonAddress & DockerDriverSettings;

/** What a docker driver is told besides where its daemon listens. */
export interface DockerDriverSettings {
	readonly clock: Clock;
	/** Directory of images: one that is kept there is given to the daemon when it is asked for. */
	readonly images?: string;
	/** Name of one of the daemon's runtimes, for example `runsc` for gVisor; the daemon's default where it is missing. */
	readonly runtime?: string;
	/** Containers that each sandbox keeps started ahead of its commands; 0 for none, 1 where it is missing. */
	readonly spareRooms?: number;
}

/** The image of sandboxes that name none. */
export const defaultDockerImage = imageReference("base");

/** Makes the driver that runs every command in a container of a Docker daemon. */
export function createDockerDriver(driver: DockerDriverOptions): SandboxDriver {
	const open = (options: SandboxOptions): Promise<Sandbox> => openWith(driver, options);
	return {
		name: "docker",
		probe: () => probeDocker(driver, driver.runtime, defaultDockerImage, open),
		fingerprint: async (name) => {
			const docker = connectDocker(driver);
			const { Architecture } = await readDaemonInfo(docker, driver);
			const { reference } = await nameImage(driver, docker, name);
			const image = await findImage(docker, reference, Architecture);
			return { imageDigest: imageDigest(image.digest.split(" ")) };
		},
		open,
		layersFor: async () => "overlay",
	};
}

async function openWith(driver: DockerDriverOptions, options: SandboxOptions): Promise<Sandbox> {
	const owner = options.owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
	if (owner.uid === 0) {
		throw new RetakeError("USAGE", "commands of a candidate never run as uid 0", {
			sort: "misuse",
			remedy: "name an unprivileged owner in the sandbox's options",
		});
	}
	const docker = connectDocker(driver);
	const daemon = await readDaemonInfo(docker, driver);
	const reach = findReach(driver, daemon, driver.runtime);
	const enforcement = dockerEnforcement(daemon, reach.isMountShared);
	assertEnforceable(enforcement, options.mandatory);
	assertRuntime(daemon, driver.runtime);
	if (options.network !== undefined || options.door !== undefined) assertAllowListPossible(reach);
	const { reference, kept } = await nameImage(driver, docker, options.image);
	const found = await findImage(docker, reference, daemon.Architecture);
	await cleanUpDaemon(docker);
	const { clock, runtime, spareRooms = 1 } = driver;
	const ports = { clock, randomness: systemRandomness };
	const network = chooseNetwork(options, ports);
	const image = { imageId: found.id, imageEnvironment: kept?.environment ?? found.environment };
	const parts = { docker, clock, ...image, runtime, spareRooms, reach, owner, enforcement, options, network };
	return openDockerSandbox(parts);
}

/** A sandbox that names no image runs in `base`: the one that is kept, else what the daemon has. */
async function nameImage({ images }: DockerDriverSettings, docker: Docker, name: string | null): Promise<NamedImage> {
	const named = await loadKeptImage(docker, images, name ?? "base");
	return name === null && named.kept === null ? { reference: defaultDockerImage, kept: null } : named;
}

function assertRuntime(daemon: DaemonInfo, runtime: string | undefined): void {
	const known = Object.keys(daemon.Runtimes);
	if (runtime === undefined || known.includes(runtime)) return;
	throw new RetakeError("SANDBOX_UNAVAILABLE", `the Docker daemon has no runtime ${runtime}`, {
		data: { runtime, runtimes: known },
		remedy: `register it in the daemon's configuration, or use one of: ${known.join(", ")}`,
	});
}
