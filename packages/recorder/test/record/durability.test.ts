import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { verifyChain } from "../../src/index.ts";
import { end, record, request, temporaryStore } from "../fixture.ts";

const calls = 20;
const program = join(import.meta.dirname, "writer-process.ts");

/** Has a process record calls, and counts how often it flushed to the disk. */
async function flushesOf(directory: string, durability: "process" | "power"): Promise<number> {
	const log = join(directory, `${durability}.strace`);
	const words = ["-f", "-e", "trace=fsync,fdatasync", "-o", log, process.execPath, program];
	await promisify(execFile)("strace", [...words, join(directory, durability), String(calls), durability]);
	return readFileSync(log, "utf8").match(/f(data)?sync\(\d+\)\s+= 0|f(data)?sync resumed>\)\s+= 0/g)?.length ?? 0;
}

describe("durability", () => {
	test("under `power` every event is on the disk before the run goes on; under `process` only its ends are", {
		timeout: 120_000,
	}, async () => {
		using fixture = temporaryStore();
		expect(await flushesOf(fixture.directory, "power")).toBeGreaterThanOrEqual(2 * calls);
		expect(await flushesOf(fixture.directory, "process")).toBeLessThan(calls);
	});

	test("an event is flushed before its call is executed, and the record is the same", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const seen: number[] = [];
		const recording = record(store, { durability: "power" });
		const value = async () => seen.push(store.events.count(recording.runId));
		for (let index = 0; index < 3; index++) await recording.call(request("exec", index, value));
		const rootHash = await recording.finish(end);
		expect(seen).toEqual([1, 3, 5]);
		expect(verifyChain(store, recording.runId)).toEqual({ events: 7, rootHash });
		using other = temporaryStore();
		const plain = record(other.store);
		const same: number[] = [];
		const again = async () => same.push(other.store.events.count(plain.runId));
		for (let index = 0; index < 3; index++) await plain.call(request("exec", index, again));
		expect(await plain.finish(end)).toBe(rootHash);
	});
});
