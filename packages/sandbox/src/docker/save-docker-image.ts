import type { Readable } from "node:stream";
import { readDaemonInfo } from "./daemon-info.ts";
import { connectDocker } from "./docker-client.ts";
import { findImage } from "./find-image.ts";

/** Reads an image out of the daemon, as the archive that `docker save` writes. Throws as `findImage` does. */
export async function saveDockerImage(socketPath: string, reference: string): Promise<Readable> {
	const docker = connectDocker({ socketPath });
	const daemon = await readDaemonInfo(docker, { socketPath });
	const { id } = await findImage(docker, reference, daemon.Architecture);
	return (await docker.getImage(id).get()) as Readable;
}
