import { describeSandbox, needs } from "@retake/testkit";
import { afterAll, beforeAll, describe } from "vitest";
import { type DockerGround, openDockerGround } from "./docker-harness.ts";

describe("with a daemon", needs("docker"), () => {
	let ground: DockerGround;

	beforeAll(async () => {
		ground = await openDockerGround();
	});

	afterAll(() => ground?.[Symbol.asyncDispose]());

	describeSandbox("the docker driver", () => ground.open());
});
