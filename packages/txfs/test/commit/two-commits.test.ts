import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMemoryBlobs } from "@retake/changeset";
import { changesetBetween, readPlantedTree } from "@retake/testkit";
import { type CommitOutcome, commitToWorktree, type LockHolder } from "@retake/txfs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const program = fileURLToPath(new URL("programs/hold-lock.ts", import.meta.url));
const blobs = createMemoryBlobs();
let root = "";
let holder: ChildProcess;

beforeEach(async () => {
	root = mkdtempSync(join(tmpdir(), "retake-two-commits-"));
	holder = spawn(process.execPath, [program, root], { stdio: ["ignore", "pipe", "inherit"] });
	await once(holder.stdout ?? holder, "data");
});
afterEach(async () => {
	await end();
	rmSync(root, { recursive: true });
});

async function end(): Promise<void> {
	if (holder.exitCode !== null || holder.signalCode !== null) return;
	holder.kill("SIGKILL");
	await once(holder, "exit");
}

function commit(options: Partial<Parameters<typeof commitToWorktree>[0]>): Promise<CommitOutcome> {
	const changeset = changesetBetween({}, { second: "second" }, blobs);
	return commitToWorktree({ root, changeset, blobs, commitId: "second", onDrift: "refuse", ...options });
}

test("the second is told who holds the lock, and gives up when its time is over", async () => {
	const told: LockHolder[] = [];
	const refused = commit({ lockWaitMs: 1_500, onLockWait: (each) => told.push(each) });
	const command = expect.stringContaining("hold-lock.ts");
	await expect(refused).rejects.toMatchObject({
		code: "STORE_BUSY",
		message: expect.stringContaining(`process ${holder.pid}`),
		remedy: expect.stringContaining("end it"),
		data: { processId: holder.pid, command },
	});
	expect(told).toEqual([{ processId: holder.pid, command }]);
	expect(readPlantedTree(root)).toEqual({});
});

test("the second waits; killing the first frees it, and what the first left is discarded", async () => {
	const told: LockHolder[] = [];
	const waiting = commit({ onLockWait: (each) => told.push(each) });
	await vi.waitUntil(() => told.length > 0, { timeout: 8_000 });
	await end();
	expect((await waiting).kind).toBe("committed");
	expect(told).toHaveLength(1);
	expect(readPlantedTree(root)).toEqual({ "second@644": "second" });
	expect(readdirSync(join(root, ".retake/journal"))).toEqual([]);
});

test("who need not wait for a second is told nothing", async () => {
	const told: LockHolder[] = [];
	const waiting = commit({ onLockWait: (each) => told.push(each) });
	await end();
	await waiting;
	expect(told).toEqual([]);
});
