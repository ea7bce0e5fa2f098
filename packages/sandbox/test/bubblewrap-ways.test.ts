import { needs } from "@retake/testkit";
import { describe, expect, test } from "vitest";
import { openFuse, runSuiteAsUser } from "./run-suite.ts";

describe("an ordinary user passes the suite by other ways of making layers", needs("root"), () => {
	test("fuse-overlayfs", { timeout: 300_000 }, async () => {
		const pattern = "overlays|workspace|lifecycle";
		expect(await runSuiteAsUser({ way: "fuse-overlayfs", prepare: openFuse, pattern })).toBeGreaterThan(10);
	});

	test("a copy", { timeout: 300_000 }, async () => {
		expect(await runSuiteAsUser({ way: "copy", pattern: "workspace|lifecycle" })).toBeGreaterThan(5);
	});

	test("a copy, where nobody but bubblewrap makes namespaces", { timeout: 300_000 }, async () => {
		const pattern = "commands|terminals|network|workspace|isolation|lifecycle|processes|open files";
		expect(await runSuiteAsUser({ way: "copy without unshare", pattern })).toBeGreaterThan(25);
	});
});
