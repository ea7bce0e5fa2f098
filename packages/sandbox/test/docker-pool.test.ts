import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultLimits, systemClock } from "@retake/base";
import { buildDockerImage, createDockerDriver, readImageDeclaration } from "@retake/sandbox";
import {
	type DockerFixture,
	ensureDocker,
	hostProcesses,
	needs,
	openRoom,
	type SandboxRoom,
	untilProcesses,
} from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const owner = { uid: 1000, gid: 1000 };
const mebibyte = 1024 ** 2;

describe("containers that are started ahead of their commands", needs("docker"), () => {
	let daemon: DockerFixture;

	beforeAll(async () => {
		daemon = await ensureDocker();
		const declaration = readImageDeclaration(join(import.meta.dirname, "../../../sandbox-images/base/image.json"));
		const cacheDirectory = join(tmpdir(), "retake-images");
		await buildDockerImage(declaration, { socketPath: daemon.socketPath, cacheDirectory });
	});

	afterAll(() => daemon?.stop());

	const open = (spareRooms: number): Promise<SandboxRoom> => {
		const treesDirectory = mkdtempSync(join(tmpdir(), "rtt"));
		chownSync(treesDirectory, owner.uid, owner.gid);
		return openRoom(async () => ({
			driver: createDockerDriver({ socketPath: daemon.socketPath, clock: systemClock, spareRooms }),
			options: { limits: defaultLimits, mandatory: [], treesDirectory, mounts: [], pathPrefix: [], owner, image: null },
			[Symbol.asyncDispose]: async () => rmSync(treesDirectory, { recursive: true }),
		}));
	};
	const docker = (...words: string[]): string =>
		execFileSync("docker", ["--host", `unix://${daemon.socketPath}`, ...words], { encoding: "utf8" });
	const rooms = (): string[] =>
		docker("ps", "--quiet", "--filter", "label=retake.role=room").split("\n").filter(Boolean);
	const untilRooms = async (count: number): Promise<string[]> => {
		for (let attempt = 0; attempt < 600 && rooms().length !== count; attempt++) await sleep(50);
		return rooms();
	};

	test("each command has processes, places and counters that no command had before", async () => {
		await using room = await open(2);
		const seen = new Set<string>();
		for (let round = 0; round < 4; round++) {
			const script = `ls -A /tmp /dev/shm $HOME | grep left; echo x > /tmp/left; echo x > /dev/shm/left; echo x > $HOME/left
				setsid sleep 100 & readlink /proc/self/ns/pid /proc/self/ns/ipc /proc/self/ns/mnt; ls /proc | grep -c '^[0-9]'`;
			const { stdout, usage } = await room.shell(
				round === 1 ? `head -c 60000000 /dev/zero > /tmp/a; ${script}` : script,
			);
			const lines = Buffer.from(stdout).toString().trim().split("\n");
			expect(lines).toHaveLength(4);
			seen.add(lines.slice(0, 3).join());
			if (round !== 1 && usage.memoryPeakBytes !== null) expect(usage.memoryPeakBytes).toBeLessThan(40 * mebibyte);
		}
		// An inode's number may be given again, but not to two that live at once; here at least the neighbours differ.
		expect(seen.size).toBeGreaterThan(1);
	});

	test("one that died while it waited is not used", async () => {
		await using room = await open(1);
		const [spare = ""] = await untilRooms(1);
		docker("kill", spare);
		const { stdout, exitCode } = await room.run(["echo", "ran"]);
		expect([Buffer.from(stdout).toString(), exitCode]).toEqual(["ran\n", 0]);
		expect(await untilRooms(1)).not.toContain(spare);
	});

	test("one that is removed by somebody else is not used", async () => {
		await using room = await open(1);
		const [spare = ""] = await untilRooms(1);
		docker("rm", "--force", spare);
		expect((await room.run(["true"])).exitCode).toBe(0);
	});

	test("thirty-two live at once, and nothing of them is left", { timeout: 600_000 }, async () => {
		const before = hostState();
		const nonce = crypto.randomUUID();
		{
			await using room = await open(1);
			const controller = new AbortController();
			const running = Array.from({ length: 32 }, () =>
				room.shell(`sleep 600; : ${nonce}`, { signal: controller.signal, timeoutMs: 600_000 }),
			);
			// A shell that has just forked counts twice.
			for (let attempt = 0; attempt < 2000 && shellsIn(nonce) < 32; attempt++) await sleep(100);
			expect(shellsIn(nonce)).toBe(32);
			expect(inRooms(nonce).filter(({ uid }) => uid === 0)).toEqual([]);
			controller.abort();
			for (const result of await Promise.all(running)) expect(result.cancelled).toBe(true);
			expect(inRooms(nonce)).toEqual([]);
		}
		expect(docker("ps", "--all", "--quiet", "--filter", "label=retake.session")).toBe("");
		expect(docker("volume", "ls", "--quiet", "--filter", "label=retake.session")).toBe("");
		expect(hostState()).toEqual(before);
	});

	test("a deadline leaves no process alive for a second", async () => {
		await using room = await open(1);
		const worst: number[] = [];
		for (let round = 0; round < 8; round++) {
			const nonce = crypto.randomUUID();
			const trap = `trap "" TERM INT HUP; while :; do sleep 1; : ${nonce}; done`;
			const running = room.shell(`for i in 1 2 3 4 5 6 7 8; do setsid sh -c '${trap}' & done; ${trap}`, {
				timeoutMs: 600,
			});
			expect((await untilProcesses(nonce, (found) => found.length >= 8)).length).toBeGreaterThanOrEqual(8);
			const result = await running;
			expect(result).toMatchObject({ timedOut: true, signal: "SIGKILL" });
			expect(inRooms(nonce)).toEqual([]);
			worst.push(result.usage.wallMs - 600);
		}
		expect(Math.max(...worst)).toBeLessThan(1000);
	});
});

function inRooms(nonce: string) {
	return hostProcesses(nonce).filter(({ contained }) => contained);
}

/** Counts the process namespaces in which there is a process with the nonce. */
function shellsIn(nonce: string): number {
	return new Set(inRooms(nonce).flatMap(({ processId }) => namespaceOf(processId))).size;
}

function namespaceOf(processId: number): readonly string[] {
	try {
		return [readlinkSync(`/proc/${processId}/ns/pid`)];
	} catch {
		// It ended while we looked.
		return [];
	}
}

/** What a leak would change: mounts of ours, control groups of containers. */
function hostState(): { readonly mounts: number; readonly groups: number } {
	const mounts = readFileSync("/proc/self/mountinfo", "utf8")
		.split("\n")
		.filter((line) => line.includes("retake-")).length;
	const groups = ["/sys/fs/cgroup/memory/docker", "/sys/fs/cgroup/docker"].flatMap(directories);
	return { mounts, groups: groups.length };
}

function directories(path: string): string[] {
	try {
		return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
	} catch {
		// There are control groups of the other version, or no container was ever started here.
		return [];
	}
}
