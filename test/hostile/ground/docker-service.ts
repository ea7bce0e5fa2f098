import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildDockerImage, readImageDeclaration } from "@retake/sandbox";
import { ensureDocker, unmetNeeds } from "@retake/testkit";
import type { TestProject } from "vitest/node";

declare module "vitest" {
	export interface ProvidedContext {
		/** Socket of the daemon that every row shares, or why there is none. */
		readonly docker: { readonly socketPath: string } | { readonly missing: string };
	}
}

/** Starts one Docker daemon for all rows, where none answers, with the base image in it. Returns what stops it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
	const unmet = unmetNeeds().get("docker");
	if (unmet !== undefined) {
		project.provide("docker", { missing: unmet });
		return async () => {};
	}
	try {
		const daemon = await ensureDocker();
		const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
		const cacheDirectory = join(tmpdir(), "retake-images");
		await buildDockerImage(declaration, { socketPath: daemon.socketPath, cacheDirectory });
		project.provide("docker", { socketPath: daemon.socketPath });
		return () => daemon.stop();
	} catch (error) {
		const missing = error instanceof Error ? error.message : String(error);
		process.stderr.write(`\nHOSTILE CATALOGUE: THE DOCKER DRIVER CANNOT RUN HERE: ${missing}\n\n`);
		project.provide("docker", { missing });
		return async () => {};
	}
}
