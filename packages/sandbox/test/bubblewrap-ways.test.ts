import { needs } from "@retake/testkit";
import { describe, expect, test } from "vitest";
import { newerBubblewrap } from "./newer-bubblewrap.ts";
import { openFuse, runSuite } from "./run-suite.ts";

describe("an ordinary user passes the suite by other ways of making layers", needs("root"), () => {
	test("fuse-overlayfs", { timeout: 600_000 }, async () => {
		const pattern = "endings|overlays|workspace|lifecycle";
		expect(await runSuite({ way: "fuse-overlayfs", prepare: openFuse, pattern })).toBeGreaterThan(20);
	});

	test("fuse-overlayfs, where nobody reaps what it leaves", { timeout: 120_000 }, async () => {
		const pattern = "cancellation kills at once|a finished layer serves";
		const options = { way: "fuse-overlayfs", prepare: openFuse, pattern, reapsNothing: true };
		expect(await runSuite(options)).toBe(2);
	});

	test("a copy", { timeout: 600_000 }, async () => {
		expect(await runSuite({ way: "copy", pattern: "workspace|lifecycle" })).toBeGreaterThan(5);
	});

	test("a copy, where nobody but bubblewrap makes namespaces", { timeout: 600_000 }, async () => {
		const pattern = "commands|terminals|network|workspace|isolation|lifecycle|processes|open files";
		expect(await runSuite({ way: "copy without unshare", pattern })).toBeGreaterThan(25);
	});
});

describe("bubblewrap's own overlay passes the suite", needs("root"), () => {
	test("by an ordinary user, as the only program that makes namespaces", { timeout: 600_000 }, async () => {
		expect(await runSuite({ way: "bwrap", bwrap: newerBubblewrap() })).toBeGreaterThan(60);
	});

	test("by root", { timeout: 600_000 }, async () => {
		expect(await runSuite({ way: "bwrap", bwrap: newerBubblewrap(), asRoot: true })).toBeGreaterThan(60);
	});
});
