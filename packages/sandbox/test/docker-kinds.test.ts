import {
	needs,
	openRoom,
	startDockerWithGvisor,
	startDockerWithUsers,
	startRootlessDocker,
	text,
} from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { distantCases } from "./distant-cases.ts";
import { type DockerGround, openDockerGround } from "./docker-harness.ts";

const kinds = {
	"whose containers have users of their own": { need: "docker", start: startDockerWithUsers, driver: {} },
	"that is rootless": { need: "rootless-docker", start: startRootlessDocker, driver: {} },
	"with gVisor": { need: "gvisor", start: startDockerWithGvisor, driver: { runtime: "runsc" } },
} as const;
/** Three daemons, and a container for each command: all of it takes minutes. */
const isSample = process.env["RETAKE_DOCKER"] !== "all";

for (const [name, { need, start, driver }] of Object.entries(kinds))
	describe(`a daemon ${name}`, needs(need), () => {
		let ground: DockerGround;

		beforeAll(async () => {
			ground = await openDockerGround(start);
		});

		afterAll(() => ground?.[Symbol.asyncDispose]());

		distantCases(() => ground.open({}, driver), { isSample });

		test("is found usable by the probe", async () => {
			await using harness = await ground.open({}, driver);
			const report = await harness.driver.probe();
			expect(report.findings.filter(({ status }) => status === "failed")).toEqual([]);
			expect(report.usable).toBe(true);
		});

		if (need === "gvisor")
			test("runs commands on a kernel of their own, and shares no loopback", async () => {
				await using room = await openRoom(() => ground.open({}, driver));
				expect(text((await room.shell("dmesg")).stdout)).toContain("Starting gVisor");
				await expect(room.sandbox.openLoopback()).rejects.toMatchObject({
					code: "SANDBOX_UNAVAILABLE",
					remedy: expect.stringContaining("runc"),
				});
			});
	});
