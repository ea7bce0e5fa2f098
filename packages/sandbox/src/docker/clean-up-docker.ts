import type Docker from "dockerode";
import type { DaemonAddress } from "./daemon-address.ts";
import { connectDocker, daemonUnreachable, isUnreachable, withDaemon, withDaemonRemoval } from "./docker-client.ts";
import { labelKeys } from "./docker-labels.ts";
import { isRunnerDead } from "./runner-identity.ts";

/** What a clean-up removed. */
export interface DockerCleanUp {
	readonly containers: number;
	readonly volumes: number;
}

/**
 * Removes the containers and volumes that a runner left behind when it died. Those of a runner that lives, or that cannot be
 * seen from here, stay. Throws `SANDBOX_UNAVAILABLE` where no daemon answers, `SANDBOX_FAILED` where it fails.
 */
export async function cleanUpDocker(options: DaemonAddress): Promise<DockerCleanUp> {
	const docker = connectDocker(options);
	try {
		await docker.ping();
	} catch (error) {
		if (isUnreachable(error)) throw daemonUnreachable(options, error);
		throw error;
	}
	return cleanUpDaemon(docker);
}

/** Does the same through a client that is known to be connected. */
export async function cleanUpDaemon(docker: Docker): Promise<DockerCleanUp> {
	const filters = { label: [labelKeys.runner] };
	const containers = await withDaemon("cannot list containers", () => docker.listContainers({ all: true, filters }));
	const leftContainers = containers.filter(({ Labels }) => isRunnerDead(Labels[labelKeys.runner] ?? ""));
	await Promise.all(
		leftContainers.map(({ Id }) =>
			withDaemonRemoval("cannot remove a container", () => docker.getContainer(Id).remove({ force: true, v: true })),
		),
	);
	const { Volumes: volumes } = await withDaemon("cannot list volumes", () => docker.listVolumes({ filters }));
	const leftVolumes = (volumes ?? []).filter(({ Labels }) => isRunnerDead(Labels?.[labelKeys.runner] ?? ""));
	await Promise.all(
		leftVolumes.map(({ Name }) =>
			withDaemonRemoval("cannot remove a volume", () => docker.getVolume(Name).remove({ force: true })),
		),
	);
	return { containers: leftContainers.length, volumes: leftVolumes.length };
}
