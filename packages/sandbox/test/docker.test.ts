import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultLimits, systemClock } from "@retake/base";
import { buildDockerImage, createDockerDriver, readImageDeclaration } from "@retake/sandbox";
import { type DockerFixture, describeSandbox, ensureDocker, needs, type SandboxHarness } from "@retake/testkit";
import { afterAll, beforeAll, describe } from "vitest";

const owner = { uid: 1000, gid: 1000 };

describe("with a daemon", needs("docker"), () => {
	let daemon: DockerFixture;
	let image: string;

	beforeAll(async () => {
		daemon = await ensureDocker();
		const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
		const cacheDirectory = join(tmpdir(), "retake-images");
		image = (await buildDockerImage(declaration, { socketPath: daemon.socketPath, cacheDirectory })).reference;
	});

	afterAll(() => daemon?.stop());

	describeSandbox("the docker driver", async (): Promise<SandboxHarness> => {
		const treesDirectory = mkdtempSync(join(tmpdir(), "rtt"));
		chownSync(treesDirectory, owner.uid, owner.gid);
		return {
			driver: createDockerDriver({ socketPath: daemon.socketPath, clock: systemClock }),
			options: { limits: defaultLimits, mandatory: [], treesDirectory, mounts: [], pathPrefix: [], owner, image },
			[Symbol.asyncDispose]: async () => rmSync(treesDirectory, { recursive: true }),
		};
	}, ["terminals", "background"]);
});
