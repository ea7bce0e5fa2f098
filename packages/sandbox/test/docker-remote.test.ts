import { systemClock } from "@retake/base";
import { createDockerDriver } from "@retake/sandbox";
import { describeSandbox, needs, openRoom, type RemoteDockerFixture, startRemoteDocker } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distantCases } from "./distant-cases.ts";
import { type DockerGround, openDockerGround } from "./docker-harness.ts";

describe("a daemon that is reached over TCP", needs("docker"), () => {
	let fixture: RemoteDockerFixture;
	let ground: DockerGround;

	beforeAll(async () => {
		ground = await openDockerGround(async () => {
			fixture = await startRemoteDocker();
			return fixture;
		});
	});

	afterAll(() => ground?.[Symbol.asyncDispose]());

	distantCases(() => ground.open());

	test("lets nobody in whom another authority vouches for, and says why", async () => {
		await using harness = await ground.open();
		const driver = createDockerDriver({ remote: { ...fixture.remote, ...fixture.stranger }, clock: systemClock });
		await expect(driver.open(harness.options)).rejects.toMatchObject({
			code: "SANDBOX_UNAVAILABLE",
			message: expect.stringContaining(`tcp://localhost:${fixture.remote.port}`),
			remedy: expect.stringContaining("--tlsverify"),
		});
	});

	test("is not spoken to where another authority vouches for it", async () => {
		await using harness = await ground.open();
		const { certificate: authority } = fixture.stranger;
		const driver = createDockerDriver({ remote: { ...fixture.remote, authority }, clock: systemClock });
		await expect(driver.open(harness.options)).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
	});

	test("is given a read-only mount as what it holds", async () => {
		await using room = await openRoom(() =>
			ground.open({ mounts: [{ source: import.meta.filename, target: "/opt/test.ts" }] }),
		);
		const { stdout, exitCode } = await room.shell("head -c 6 /opt/test.ts; ! echo x >> /opt/test.ts");
		expect([Buffer.from(stdout).toString(), exitCode]).toEqual(["import", 0]);
	});

	// All of it takes minutes: every command starts a container and sends its layers.
	if (process.env["RETAKE_DOCKER"] === "all") {
		describeSandbox("the docker driver from afar", () => ground.open(), { allowList: true });
	}
});
