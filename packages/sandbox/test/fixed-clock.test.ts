import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createBubblewrapDriver, fixedClockSeconds, type SandboxOptions, writePreloads } from "@retake/sandbox";
import { describe, expect, test } from "vitest";
import { requireFaketime } from "../src/determinism/fixed-clock.ts";
import { openBubblewrapHarness, owner } from "./bubblewrap-harness.ts";

const nodeInside = {
	mounts: [{ source: process.execPath, target: "/opt/retake/bin/node" }],
	pathPrefix: ["/opt/retake/bin"],
};

/** Runs a script in a fresh sandbox with or without the fixed clock, and returns what it printed and how long it took. */
async function runInside(
	script: string,
	isFixed: boolean,
): Promise<{ readonly said: string; readonly wallMs: number }> {
	await using harness = await openBubblewrapHarness(nodeInside);
	const trees = harness.options.treesDirectory;
	const preloads = writePreloads(join(trees, "..", "fixed"));
	const options: SandboxOptions = {
		...harness.options,
		...(isFixed ? { clock: { seconds: fixedClockSeconds, preloads } } : {}),
	};
	await using sandbox = await createBubblewrapDriver().open(options);
	const [lower, upper, work] = [
		join(trees, "lower"),
		...["upper", "work"].map((name) => join(sandbox.layerSpace.root, name)),
	] as [string, string, string];
	for (const path of [lower, upper, work]) {
		mkdirSync(path);
		if (owner !== null) chownSync(path, owner.uid, owner.gid);
	}
	const { stdout, stderr, usage } = await sandbox.exec({
		argv: ["/bin/sh", "-c", script],
		env: {},
		cwd: "",
		stdin: new Uint8Array(),
		workspace: { kind: "overlay", lowers: [lower], upper, work },
		timeoutMs: 60_000,
		network: "none",
	});
	return { said: Buffer.concat([stdout, stderr]).toString("utf8"), wallMs: usage.wallMs };
}

describe("a fixed clock", () => {
	const tellsTheTime = [
		"date +%s.%N",
		`node -e 'console.log(Date.now(), performance.now(), process.hrtime(), Math.random())'`,
		`/usr/bin/python3 -c 'import time, random, datetime; print(time.time(), time.perf_counter(), random.random(), datetime.datetime.now())'`,
		"perl -e 'print rand(), chr(10)'",
	].join("\n");

	test("shows every program the same moment, and Node, Python and Perl the same random numbers; without it they differ", async () => {
		const [first, second] = [await runInside(tellsTheTime, true), await runInside(tellsTheTime, true)];
		expect(first.said).toBe(second.said);
		expect(first.said.split("\n")[0]).toBe(`${fixedClockSeconds}.000000000`);
		const [third, fourth] = [await runInside(tellsTheTime, false), await runInside(tellsTheTime, false)];
		for (const line of [0, 1, 2, 3]) expect(third.said.split("\n")[line]).not.toBe(fourth.said.split("\n")[line]);
	});

	test("leaves timers, sleeps and timeouts as long as they are, and gets out of a loop that waits for the time", async () => {
		const { said, wallMs } = await runInside(
			[
				"sleep 0.1 && timeout 0.1 sleep 9; echo $?",
				`node -e 'setTimeout(() => console.log("timer"), 100)'`,
				`node -e 'const end = Date.now() + 50; while (Date.now() < end); console.log("node waited")'`,
				`/usr/bin/python3 -c 'import time; time.sleep(0.1); end = time.time() + 0.05
while time.time() < end: pass
print("python waited")'`,
				`/usr/bin/python3 -c 'import subprocess
try: subprocess.run(["sleep", "9"], timeout=0.1)
except subprocess.TimeoutExpired: print("python timed out")'`,
			].join("\n"),
			true,
		);
		expect(said.trim().split("\n")).toEqual(["124", "timer", "node waited", "python waited", "python timed out"]);
		expect(wallMs).toBeGreaterThan(500);
	});

	test("lets make see what is new, without a warning", async () => {
		const { said } = await runInside(
			[
				"printf 'copy: original\\n\\tcp original copy\\n' > Makefile; echo one > original",
				"make; make; sleep 0.05; echo two > original; make; cat copy",
			].join("\n"),
			true,
		);
		expect(said.trim().split("\n")).toEqual([
			"cp original copy",
			"make: 'copy' is up to date.",
			"cp original copy",
			"two",
		]);
	});

	test("that libfaketime is missing for is refused with how to get it", () => {
		expect(() => requireFaketime("/nonexistent", "mine")).toThrow(
			expect.objectContaining({ code: "SANDBOX_UNAVAILABLE", remedy: expect.stringContaining('add "libfaketime"') }),
		);
		expect(() => requireFaketime("/nonexistent", null)).toThrow(/this host has none/);
	});
});
