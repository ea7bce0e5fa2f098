import { RetakeError } from "@retake/base";
import type Docker from "dockerode";
import { variablesOf } from "../image/image-variables.ts";
import { daemonStatus, withDaemon } from "./docker-client.ts";

/** An image that can run here. */
export interface FoundImage {
	readonly id: string;
	/** Digests of its layers, lowest first: equal contents, equal digests, in every daemon. */
	readonly digest: string;
	/** What it says its commands need. */
	readonly environment: Readonly<Record<string, string>>;
}

/**
 * Finds an image in the daemon. Throws `SANDBOX_UNAVAILABLE`, with how to make it, where it is missing or made for another
 * architecture than `architecture`, which is in the kernel's words.
 */
export async function findImage(docker: Docker, reference: string, architecture: string): Promise<FoundImage> {
	const image = await withDaemon(`cannot look at the image ${reference}`, async () => {
		try {
			return await docker.getImage(reference).inspect();
		} catch (error) {
			if (daemonStatus(error) !== 404) throw error;
			throw new RetakeError("SANDBOX_UNAVAILABLE", `the Docker daemon has no image ${reference}`, {
				data: { image: reference },
				remedy: buildRemedy(reference),
				cause: error,
			});
		}
	});
	const needed = { x86_64: "amd64", aarch64: "arm64" }[architecture] ?? architecture;
	if (image.Architecture !== needed) {
		throw new RetakeError("SANDBOX_UNAVAILABLE", `the image ${reference} is for ${image.Architecture}, not ${needed}`, {
			data: { image: reference, architecture: image.Architecture, needed },
			remedy: buildRemedy(reference),
		});
	}
	const environment = variablesOf(image.Config.Env);
	return { id: image.Id, digest: image.RootFS.Layers?.join(" ") ?? image.Id, environment };
}

function buildRemedy(reference: string): string {
	const [, name] = /^retake\/([^:]+)/.exec(reference) ?? [];
	return name === undefined
		? "load it into the daemon (docker load, docker import), build it (retake image build), or name one that it has"
		: `build it: retake image build ${name}`;
}
