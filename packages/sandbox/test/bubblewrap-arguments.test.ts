import { readdirSync } from "node:fs";
import { createBubblewrapDriver } from "@retake/sandbox";
import { openRoom, text } from "@retake/testkit";
import { expect, test } from "vitest";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

test("arguments that no kernel takes are the candidate's failure, 126", async () => {
	await using room = await openRoom(() => openBubblewrapHarness());
	const result = await room.run(["echo", "x".repeat(200_000)]);
	expect(result).toMatchObject({ exitCode: 126, signal: null });
	expect(text(result.stderr)).toContain("too long");
	expect((await room.run(["true"])).exitCode).toBe(0);
});

test("tools that are missing are named with the package that has them", async () => {
	await using harness = await openBubblewrapHarness();
	const driver = createBubblewrapDriver({ tools: { bwrap: "/nonexistent/bwrap" } });
	const report = await driver.probe();
	expect(report.usable).toBe(false);
	expect(report.findings.filter((finding) => finding.status === "failed").map((finding) => finding.remedy)).toContain(
		"apt-get install bubblewrap",
	);
	await expect(driver.open(harness.options)).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
});

test("layers on disk work, are said to be unbounded, and are gone at the end", async () => {
	await using harness = await openBubblewrapHarness();
	const driver = createBubblewrapDriver({ layersOn: "disk" });
	{
		await using room = await openRoom(async () => ({
			...harness,
			driver,
			[Symbol.asyncDispose]: async () => undefined,
		}));
		expect(room.sandbox.enforcement).toMatchObject({ diskBytes: null, inodes: null });
		const workspace = room.workspace(room.lower({ "old/inner": "x" }));
		const result = await room.shell("rm -r old && mkdir old && ls -A old && echo replaced", { workspace });
		expect(text(result.stdout)).toBe("replaced\n");
		expect(readdirSync(harness.options.treesDirectory).filter((name) => name.startsWith(".layers"))).toHaveLength(1);
	}
	expect(readdirSync(harness.options.treesDirectory).filter((name) => name.startsWith(".layers"))).toEqual([]);
});
