import { createReadStream } from "node:fs";
import type Docker from "dockerode";
import { requireArtefact } from "../image/build-image.ts";
import { imageReference } from "../image/image-declaration.ts";
import { type ImageRecord, readImageRecord } from "../image/image-record.ts";
import { daemonStatus, withDaemon } from "./docker-client.ts";

/** An image by the name that a daemon knows it by. */
export interface NamedImage {
	readonly reference: string;
	/** What Retake keeps of it; null for one of the daemon's own. */
	readonly kept: ImageRecord | null;
}

/**
 * Finds how the daemon knows an image: one that Retake keeps the tar of by a reference of its own, and the daemon is
 * given that tar where it does not have just it. Any other name is the daemon's own. Throws `IMAGE_DAMAGED`, and `SANDBOX_FAILED` where the
 * daemon refuses the tar.
 */
export async function loadKeptImage(docker: Docker, images: string | undefined, name: string): Promise<NamedImage> {
	const kept = images === undefined || /[:/@]/.test(name) ? null : readImageRecord(images, name);
	if (images === undefined || kept === null || kept.artefact === null) return { reference: name, kept: null };
	const tag = `kept-${kept.digest.slice(0, 16)}`;
	const repository = imageReference(name).replace(/:.*$/, "");
	if (!(await isThere(docker, `${repository}:${tag}`, kept.digest))) {
		const tar = await requireArtefact(images, kept);
		await withDaemon(`cannot give the image ${name} to the daemon`, async () => {
			const progress = await docker.importImage(createReadStream(tar), { repo: repository, tag });
			await new Promise<void>((resolve, reject) => {
				docker.modem.followProgress(progress, (error: Error | null) => (error === null ? resolve() : reject(error)));
			});
		});
	}
	return { reference: `${repository}:${tag}`, kept };
}

async function isThere(docker: Docker, reference: string, digest: string): Promise<boolean> {
	try {
		const { RootFS } = await docker.getImage(reference).inspect();
		return RootFS.Layers?.length === 1 && RootFS.Layers[0] === `sha256:${digest}`;
	} catch (error) {
		if (daemonStatus(error) === 404) return false;
		return withDaemon(`cannot look at the image ${reference}`, () => Promise.reject(error));
	}
}
