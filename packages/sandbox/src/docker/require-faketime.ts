import type Docker from "dockerode";
import { faketimeMissing, faketimePlaces } from "../determinism/fixed-clock.ts";
import { daemonStatus, withDaemon } from "./docker-client.ts";
import { labelsFor } from "./docker-labels.ts";

/** Finds libfaketime in an image and returns its path. Throws `SANDBOX_UNAVAILABLE` where it is not there. */
export async function requireFaketimeOfImage(
	docker: Docker,
	imageId: string,
	architecture: string,
	session: string,
): Promise<string> {
	const found = await withDaemon("cannot look for libfaketime in the image", async () => {
		const container = await docker.createContainer({
			Image: imageId,
			Cmd: ["true"],
			Labels: labelsFor(session, "room"),
		});
		try {
			for (const path of faketimePlaces(architecture)) if (await isThere(container, path)) return path;
			return null;
		} finally {
			await container.remove({ force: true });
		}
	});
	if (found === null) throw faketimeMissing(imageId);
	return found;
}

async function isThere(container: Docker.Container, path: string): Promise<boolean> {
	try {
		await container.infoArchive({ path });
		return true;
	} catch (error) {
		if (daemonStatus(error) === 404) return false;
		throw error;
	}
}
