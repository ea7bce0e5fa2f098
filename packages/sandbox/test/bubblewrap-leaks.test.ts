import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hostProcesses, openRoom, untilProcesses } from "@retake/testkit";
import { expect, test } from "vitest";
import { openBubblewrapHarness } from "./bubblewrap-harness.ts";

/** Everything of one process's sandboxes that the host can see. */
function hostState(processId: number) {
	return {
		mounts: readFileSync("/proc/self/mountinfo", "utf8")
			.split("\n")
			.filter((line) => line.includes("/sys/bus")),
		groups: groupDirectories().filter((path) => path.includes(`/retake-${processId}-`)),
		descriptors: readdirSync("/proc/self/fd").length,
		holders: hostProcesses("\0holder\0size=").filter((each) => parentOf(each.processId) === processId).length,
	};
}

function groupDirectories(): readonly string[] {
	const found: string[] = [];
	for (const line of readFileSync("/proc/self/cgroup", "utf8").trim().split("\n")) {
		const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
		for (const directory of [join("/sys/fs/cgroup", controllers, path), join("/sys/fs/cgroup", path)]) {
			try {
				found.push(...readdirSync(directory).map((name) => `${directory}/${name}`));
			} catch (cause) {
				if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
			}
		}
	}
	return found;
}

function parentOf(processId: number): number | null {
	try {
		return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${processId}/status`, "utf8"))?.[1]);
	} catch {
		return null;
	}
}

test("fifty commands and their end leave nothing on the host", async () => {
	const before = hostState(process.pid);
	{
		await using room = await openRoom(() => openBubblewrapHarness());
		const workspace = room.workspace();
		expect(hostState(process.pid).holders).toBe(1);
		let settled = 0;
		for (let index = 0; index < 50; index++) {
			expect((await room.run(["true"], { workspace, stdin: new Uint8Array(10) })).exitCode).toBe(0);
			if (index === 0) settled = readdirSync("/proc/self/fd").length;
		}
		expect(readdirSync("/proc/self/fd").length).toBeLessThanOrEqual(settled + 1);
	}
	expect(hostState(process.pid)).toEqual(before);
});

test("SIGKILL of the runner leaves no process, no group and no mount", async () => {
	const nonce = crypto.randomUUID();
	const child = spawn(process.execPath, [join(import.meta.dirname, "programs/run-until-killed.ts"), nonce], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const runner = child.pid as number;
	const trees = await firstLine(child);
	try {
		expect((await untilProcesses(nonce, (found) => found.length >= 2)).length).toBeGreaterThanOrEqual(2);
		expect(hostState(runner).holders).toBe(1);
		if (process.getuid?.() === 0) expect(hostState(runner).groups.length).toBeGreaterThan(0);

		child.kill("SIGKILL");
		await once(child, "exit");

		expect(await untilProcesses(nonce, (found) => found.length === 0)).toEqual([]);
		let left = { ...hostState(runner), descriptors: 0 };
		for (let attempt = 0; attempt < 100 && left.groups.length > 0; attempt++) {
			await sleep(50);
			left = { ...hostState(runner), descriptors: 0 };
		}
		expect(left).toEqual({ mounts: [], groups: [], descriptors: 0, holders: 0 });
		for (let attempt = 0; attempt < 100 && hostProcesses(trees).length > 0; attempt++) await sleep(50);
		expect(hostProcesses(nonce)).toEqual([]);
	} finally {
		child.kill("SIGKILL");
		rmSync(dirname(trees), { recursive: true });
	}
});

async function firstLine(child: ChildProcess): Promise<string> {
	let said = "";
	if (child.stdout === null) throw new Error("the child has no output");
	for await (const chunk of child.stdout) {
		said += String(chunk);
		if (said.includes("\n")) break;
	}
	return said.slice(0, said.indexOf("\n"));
}
