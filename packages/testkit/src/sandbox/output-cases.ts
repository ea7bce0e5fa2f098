import { expect, test } from "vitest";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";
import { timed } from "./timed.ts";

/** Tests what comes back from a command: both streams, to the byte, bounded. */
export function outputCases(openHarness: OpenSandboxHarness): void {
	test("both streams come back to the byte, apart", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell(String.raw`printf 'a\000b\377\n'; printf '\376err' >&2`);
		expect([...result.stdout]).toEqual([0x61, 0, 0x62, 0xff, 0x0a]);
		expect([...result.stderr]).toEqual([0xfe, 0x65, 0x72, 0x72]);
	});

	test("the streams can be opened by name", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell("echo out > /dev/stdout; echo err > /dev/stderr");
		expect([text(result.stdout), text(result.stderr)]).toEqual(["out\n", "err\n"]);
	});

	test("chunks are seen as they come and make up the result", async () => {
		await using room = await openRoom(openHarness);
		const seen: [string, string, number][] = [];
		const start = performance.now();
		const result = await room.shell("echo one; sleep 0.4; echo two >&2; sleep 0.4; echo three", {
			onOutput: (stream, bytes) => {
				seen.push([stream, text(bytes), performance.now() - start]);
			},
		});
		expect(seen.map(([stream, chunk]) => [stream, chunk])).toEqual([
			["stdout", "one\n"],
			["stderr", "two\n"],
			["stdout", "three\n"],
		]);
		expect((seen[2]?.[2] ?? 0) - (seen[0]?.[2] ?? 0)).toBeGreaterThan(600);
		expect(text(result.stdout)).toBe("one\nthree\n");
	});

	test("what is beyond the limit is dropped and counted, for each stream", async () => {
		await using room = await openRoom(openHarness, { outputBytes: 1000 });
		let delivered = 0;
		const result = await room.shell("head -c 5000000 /dev/zero; head -c 1000 /dev/zero >&2", {
			onOutput: (_, bytes) => {
				delivered += bytes.length;
			},
		});
		expect(result.stdout.length).toBe(1000);
		expect(result.stderr.length).toBe(1000);
		expect(result.droppedBytes).toEqual({ stdout: 4_999_000, stderr: 0 });
		expect(delivered).toBe(2000);
		expect(result.exitCode).toBe(0);
	});

	test("what the caller's listener throws ends the command and is thrown", async () => {
		await using room = await openRoom(openHarness);
		const start = performance.now();
		const running = room.shell("echo first; sleep 30", {
			onOutput: () => {
				throw new Error("the listener's own");
			},
		});
		await expect(running).rejects.toThrow("the listener's own");
		expect(performance.now() - start).toBeLessThan(10_000);
		expect((await room.run(["true"])).exitCode).toBe(0);
	});

	test("a flood of output neither fills this process nor delays the deadline", timed, async () => {
		await using room = await openRoom(openHarness, { outputBytes: 1_000_000, timeoutMs: 1500 });
		const before = process.memoryUsage().rss;
		const result = await room.shell("cat /dev/zero");
		expect(result.timedOut).toBe(true);
		expect(result.droppedBytes.stdout).toBeGreaterThan(10_000_000);
		expect(result.usage.wallMs).toBeGreaterThanOrEqual(1500);
		expect(result.usage.wallMs).toBeLessThan(1750);
		expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
	});
}
