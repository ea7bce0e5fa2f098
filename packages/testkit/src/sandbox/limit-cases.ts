import { readdirSync, realpathSync, statfsSync } from "node:fs";
import { expect, test } from "vitest";
import type { OpenSandboxHarness, SandboxHarness } from "./sandbox-harness.ts";
import { openRoom, text } from "./sandbox-room.ts";
import { timed } from "./timed.ts";

const mebibyte = 1024 * 1024;
const nodeInside = "/opt/node/node";

/** Shows this process's own Node inside. */
async function withNode(openHarness: OpenSandboxHarness): Promise<SandboxHarness> {
	const harness = await openHarness();
	const mounts = [...harness.options.mounts, { source: realpathSync(process.execPath), target: nodeInside }];
	const options = { ...harness.options, mounts };
	return { ...harness, options, [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose]() };
}

/** Tests that what a sandbox says it enforces is enforced, and that it refuses where a mandatory limit cannot be. */
export function limitCases(openHarness: OpenSandboxHarness): void {
	test("memory beyond the limit ends the command", async ({ annotate }) => {
		await using room = await openRoom(openHarness, { memoryBytes: 96 * mebibyte, timeoutMs: 20_000 });
		if (room.sandbox.enforcement.memoryBytes === null) return void (await annotate("memory is not enforced here"));
		const result = await room.run(["tail", "/dev/zero"]);
		expect(result).toMatchObject({ outOfMemory: true, timedOut: false });
		expect(result.exitCode).not.toBe(0);
		expect((await room.run(["true"])).exitCode).toBe(0);
	});

	test("memory is that of all processes together", async ({ annotate }) => {
		await using room = await openRoom(openHarness, { memoryBytes: 128 * mebibyte, timeoutMs: 20_000 });
		if (room.sandbox.enforcement.memoryBytes === null) return void (await annotate("memory is not enforced here"));
		const hoard = (mebibytes: number): string =>
			`{ head -c ${mebibytes}M /dev/zero | tail -c ${mebibytes}M | sleep 1; }`;
		const several = await room.shell(`${hoard(60)} & ${hoard(60)} & ${hoard(60)} & wait; sleep 1`);
		expect(several).toMatchObject({ outOfMemory: true, timedOut: false });
		expect(await room.shell(hoard(60))).toMatchObject({ exitCode: 0, outOfMemory: false });
	});

	test("pages that processes share count once", async () => {
		await using room = await openRoom(openHarness, { memoryBytes: 128 * mebibyte });
		// A shell holds them, becomes several, and none of those changes them.
		const hoard = "held=$(head -c 20000000 /dev/zero | tr '\\0' x)";
		const result = await room.shell(
			`${hoard}; for i in 1 2 3 4 5 6 7 8; do (sleep 0.5; :) & done; wait; echo "$held" | wc -c`,
		);
		expect([text(result.stdout).trim(), result.outOfMemory]).toEqual(["20000001", false]);
	});

	test("a Node program runs within 256 MB, and one that hoards is out of memory", async ({ annotate }) => {
		await using room = await openRoom(() => withNode(openHarness), { memoryBytes: 256 * mebibyte, timeoutMs: 20_000 });
		const run = (program: string) => room.run([nodeInside, "-e", program]);
		const modest = await run("console.log(Buffer.alloc(1 << 24, 1).length)");
		expect([text(modest.stderr), text(modest.stdout), modest.exitCode]).toEqual(["", "16777216\n", 0]);
		if (room.sandbox.enforcement.memoryBytes === null) return void (await annotate("memory is not enforced here"));
		const hoarder = await run("const h=[];for(;;)h.push(Buffer.alloc(1<<24,1))");
		expect(hoarder).toMatchObject({ outOfMemory: true, timedOut: false });
	});

	test("nothing can be kept where no limit holds it", async () => {
		await using room = await openRoom(openHarness);
		const result = await room.shell("for each in / /dev /etc /run /var /opt; do : > $each/kept && echo $each; done");
		expect(text(result.stdout)).toBe("");
	});

	test("memory in the private places counts as well", async ({ annotate }) => {
		await using room = await openRoom(openHarness, { memoryBytes: 96 * mebibyte, timeoutMs: 20_000 });
		if (room.sandbox.enforcement.memoryBytes === null) return void (await annotate("memory is not enforced here"));
		const result = await room.shell(
			"for each in /tmp /dev/shm $HOME; do head -c 300M /dev/zero > $each/big || true; done; du -cm /tmp/big /dev/shm/big $HOME/big | tail -n 1 | cut -f 1",
		);
		const total = Number(text(result.stdout));
		expect(result.outOfMemory || (text(result.stderr).includes("No space left") && total < 200)).toBe(true);
	});

	test("a command within its memory is not said to have run out", async () => {
		await using room = await openRoom(openHarness, { memoryBytes: 256 * mebibyte });
		const result = await room.shell("head -c 50000000 /dev/zero | tail -c 40000000 | { sleep 0.3; wc -c; }");
		expect([text(result.stdout).trim(), result.outOfMemory]).toEqual(["40000000", false]);
		if (result.usage.memoryPeakBytes !== null) expect(result.usage.memoryPeakBytes).toBeGreaterThan(30_000_000);
	});

	test("processes beyond the limit cannot be made", async ({ annotate }) => {
		await using room = await openRoom(openHarness, { processes: 40, timeoutMs: 20_000 });
		if (room.sandbox.enforcement.processes === null) return void (await annotate("processes are not enforced here"));
		const result = await room.shell("i=0; while [ $i -lt 200 ]; do sleep 30 & i=$((i+1)); done; echo made them all");
		expect(text(result.stdout)).toBe("");
		expect(text(result.stderr)).toMatch(/fork|temporarily unavailable/i);
		expect((await room.shell("for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1 & done; wait; echo fine")).exitCode).toBe(0);
	});

	test("bytes beyond the limit do not fit, and the host's disk is as it was", async ({ annotate }) => {
		await using room = await openRoom(openHarness, { diskBytes: 32 * mebibyte });
		if (room.sandbox.enforcement.diskBytes === null) return void (await annotate("disk is not enforced here"));
		const before = statfsSync(room.harness.options.treesDirectory);
		const workspace = room.workspace();
		const result = await room.shell("head -c 100M /dev/zero > big", { workspace });
		expect(text(result.stderr)).toContain("No space left on device");
		expect(Number(text((await room.run(["stat", "-c", "%s", "big"], { workspace })).stdout))).toBeLessThanOrEqual(
			32 * mebibyte,
		);
		const after = statfsSync(room.harness.options.treesDirectory);
		expect((before.bavail - after.bavail) * before.bsize).toBeLessThan(50 * mebibyte);
	});

	test("a sparse giant takes no room", async () => {
		await using room = await openRoom(openHarness, { diskBytes: 32 * mebibyte });
		expect(text((await room.shell("truncate -s 20G giant && stat -c %s giant")).stdout)).toBe("21474836480\n");
	});

	test("inodes beyond the limit cannot be made", async ({ annotate }) => {
		await using room = await openRoom(openHarness, { inodes: 500, timeoutMs: 20_000 });
		if (room.sandbox.enforcement.inodes === null) return void (await annotate("inodes are not enforced here"));
		const workspace = room.workspace();
		const result = await room.shell("i=0; while [ $i -lt 1000 ]; do : > f$i || exit 9; i=$((i+1)); done", {
			workspace,
		});
		expect(result.exitCode).not.toBe(0);
		expect(text(result.stderr)).toContain("No space left on device");
		const made = readdirSync(workspace.upper).length;
		expect(made).toBeGreaterThan(400);
		expect(made).toBeLessThanOrEqual(500);
	});

	test("open files beyond the limit cannot be had", async () => {
		await using room = await openRoom(openHarness, { openFiles: 64 });
		expect(text((await room.shell("ulimit -n; ulimit -Hn")).stdout)).toBe("64\n64\n");
	});

	test("cores beyond the share are not used", timed, async ({ annotate }) => {
		await using room = await openRoom(openHarness, { cpus: 0.5, timeoutMs: 2000 });
		const enforcement = room.sandbox.enforcement.cpus;
		if (enforcement === null) return void (await annotate("cores are not enforced here"));
		const result = await room.shell("while :; do :; done & while :; do :; done");
		expect(result.timedOut).toBe(true);
		if (result.usage.cpuMs !== null) expect(result.usage.cpuMs).toBeLessThan(1600);
	});

	test("usage is measured or null, never made up", async () => {
		await using room = await openRoom(openHarness);
		const { usage } = await room.shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 0.3");
		expect(usage.wallMs).toBeGreaterThan(300);
		if (usage.cpuMs !== null) {
			expect(usage.cpuMs).toBeGreaterThan(10);
			expect(usage.cpuMs).toBeLessThan(usage.wallMs * 2);
		}
	});

	test("a mandatory limit that is not enforced is refused, any other taken", async () => {
		await using harness = await openHarness();
		await using open = await harness.driver.open({ ...harness.options, mandatory: [] });
		for (const limit of Object.keys(open.enforcement) as (keyof typeof open.enforcement)[]) {
			const opening = harness.driver.open({ ...harness.options, mandatory: [limit] });
			if (open.enforcement[limit] === null) {
				await expect(opening).rejects.toMatchObject({ code: "LIMIT_UNENFORCEABLE" });
			} else {
				await using sandbox = await opening;
				expect(sandbox.enforcement[limit]).toBe(open.enforcement[limit]);
			}
		}
	});
}
