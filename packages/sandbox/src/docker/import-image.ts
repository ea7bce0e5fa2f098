import { createReadStream } from "node:fs";
import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { type BuildPlaces, buildRootFileSystem } from "../image/build-root-file-system.ts";
import { type ImageDeclaration, imageKey, imageReference } from "../image/image-declaration.ts";
import { connectDocker, daemonStatus, daemonUnreachable, isUnreachable, withDaemon } from "./docker-client.ts";

/** An image in a daemon. */
export interface SandboxImage {
	/** What `SandboxOptions.image` takes. */
	readonly reference: string;
	/** The daemon's id of it. */
	readonly id: string;
	/** SHA-256 of its only layer: equal root file systems, equal digest, in every daemon. */
	readonly digest: string;
}

const keyLabel = "retake.image";

/**
 * Builds an image and puts it into the daemon, or finds it there. Throws as `buildRootFileSystem` does, `SANDBOX_UNAVAILABLE`
 * where no daemon answers and `SANDBOX_FAILED` where it refuses the image.
 */
export async function buildDockerImage(
	declaration: ImageDeclaration,
	options: BuildPlaces & { readonly socketPath: string },
): Promise<SandboxImage> {
	const docker = connectDocker(options);
	const present = await findImage(docker, imageReference(declaration.name), options.socketPath);
	if (present !== null && present.key === imageKey(declaration)) return present.image;
	await importTar(docker, declaration, await buildRootFileSystem(declaration, options));
	const imported = await findImage(docker, imageReference(declaration.name), options.socketPath);
	if (imported !== null) return imported.image;
	throw new RetakeError("SANDBOX_FAILED", `the daemon did not keep the image ${declaration.name}`);
}

async function importTar(docker: Docker, declaration: ImageDeclaration, tar: string): Promise<void> {
	const changes = [
		`LABEL ${keyLabel}=${imageKey(declaration)}`,
		`USER ${declaration.user.uid}:${declaration.user.gid}`,
		...Object.entries(declaration.environment).map(([name, value]) => `ENV ${name}=${JSON.stringify(value)}`),
	];
	const [repo, tag] = imageReference(declaration.name).split(":");
	await withDaemon(`cannot import the image ${declaration.name}`, async () => {
		const progress = await docker.importImage(createReadStream(tar), { repo, tag, changes });
		await new Promise<void>((resolve, reject) => {
			docker.modem.followProgress(progress, (error: Error | null) => (error === null ? resolve() : reject(error)));
		});
	});
}

async function findImage(
	docker: Docker,
	reference: string,
	socketPath: string,
): Promise<{ readonly image: SandboxImage; readonly key: string | null } | null> {
	try {
		const found = await docker.getImage(reference).inspect();
		const image = { reference, id: found.Id, digest: found.RootFS.Layers?.[0] ?? found.Id };
		return { image, key: found.Config.Labels?.[keyLabel] ?? null };
	} catch (error) {
		if (daemonStatus(error) === 404) return null;
		if (isUnreachable(error)) throw daemonUnreachable({ socketPath }, error);
		return withDaemon(`cannot look at the image ${reference}`, () => Promise.reject(error));
	}
}
