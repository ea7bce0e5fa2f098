import { expect, test } from "vitest";
import { hostProcesses, untilProcesses } from "./host-processes.ts";
import type { OpenSandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";
import { timed } from "./timed.ts";

/** Tests how a command ends: by itself, by a signal, by the deadline, by cancellation, or without having started. */
export function endingCases(openHarness: OpenSandboxHarness): void {
	test("an exit code comes back", async () => {
		await using room = await openRoom(openHarness);
		expect(await room.shell("exit 0")).toMatchObject({ exitCode: 0, signal: null });
		expect(await room.shell("exit 1")).toMatchObject({ exitCode: 1, signal: null });
		expect(await room.shell("exit 42")).toMatchObject({ exitCode: 42, signal: null });
	});

	test("a signal comes back by name", async () => {
		await using room = await openRoom(openHarness);
		expect(await room.shell("kill -SEGV $$")).toMatchObject({ exitCode: null, signal: "SIGSEGV", timedOut: false });
		expect(await room.shell("kill -KILL $$")).toMatchObject({ exitCode: null, signal: "SIGKILL", outOfMemory: false });
	});

	test("a program that is not there is the candidate's failure, 127", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.run(["no-such-program"]);
		expect(result).toMatchObject({ exitCode: 127, signal: null });
		expect(text(result.stderr)).toContain("no-such-program");
	});

	test("a file that cannot be executed is the candidate's failure, 126", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace(room.lower({ "plain.txt": "text" }));
		const result = await room.run(["./plain.txt"], { workspace });
		expect(result).toMatchObject({ exitCode: 126, signal: null });
		expect(text(result.stderr)).toContain("plain.txt");
	});

	test("a directory that is not there is the candidate's failure, 126", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.run(["true"], { cwd: "gone" });
		expect(result).toMatchObject({ exitCode: 126, signal: null });
		expect(text(result.stderr)).toContain("gone");
	});

	test("cancellation at any moment of the start leaves no process", async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		for (let waitMs = 0; waitMs < 24; waitMs += 2) {
			const result = await room.shell(`sleep 30; : ${nonce}`, { signal: AbortSignal.timeout(waitMs) });
			expect(result).toMatchObject({ cancelled: true, exitCode: null });
			expect(hostProcesses(nonce)).toEqual([]);
		}
	});

	test("the deadline ends what ignores signals, and daemons with it", timed, async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		const daemon = `setsid sh -c 'trap "" TERM INT HUP; while :; do sleep 1; : ${nonce}; done' </dev/null >/dev/null 2>&1 &`;
		const running = room.shell(`${daemon} trap "" TERM INT HUP; while :; do sleep 1; done`, { timeoutMs: 1000 });
		expect((await untilProcesses(nonce, (found) => found.length > 0)).length).toBeGreaterThan(0);
		const result = await running;
		expect(result).toMatchObject({ timedOut: true, cancelled: false });
		expect(result.usage.wallMs).toBeGreaterThanOrEqual(1000);
		expect(result.usage.wallMs).toBeLessThan(1250);
		expect(await untilProcesses(nonce, () => true)).toEqual([]);
	});

	test("a daemon that is left behind dies when the command ends, and does not delay it", async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		const result = await room.shell(`setsid sh -c 'sleep 60; : ${nonce}' & sleep 0.2; echo done`);
		expect(text(result.stdout)).toBe("done\n");
		expect(result.exitCode).toBe(0);
		expect(result.usage.wallMs).toBeLessThan(5000);
		expect(await untilProcesses(nonce, () => true)).toEqual([]);
	});

	test("cancellation kills at once", timed, async () => {
		await using room = await openRoom(openHarness);
		const nonce = crypto.randomUUID();
		const controller = new AbortController();
		const running = room.shell(`sleep 30; : ${nonce}`, { signal: controller.signal });
		await untilProcesses(nonce, (found) => found.length > 0);
		const start = performance.now();
		controller.abort();
		expect(await running).toMatchObject({ cancelled: true, timedOut: false });
		expect(performance.now() - start).toBeLessThan(1000);
		expect(await untilProcesses(nonce, () => true)).toEqual([]);
	});

	test("a signal that was aborted before starts nothing", async () => {
		await using room = await openRoom(openHarness);
		const workspace = room.workspace();
		const result = await room.shell("touch started", { workspace, signal: AbortSignal.abort() });
		expect(result).toMatchObject({ cancelled: true, exitCode: null });
		expect(text((await room.run(["ls"], { workspace })).stdout)).toBe("");
	});
}
