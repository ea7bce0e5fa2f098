import { join } from "node:path";
import { isRetakeError, type RunId } from "@retake/base";
import { openStore, type Store } from "@retake/store";
import { describe, expect, test } from "vitest";
import { readTrace, startPlayback, verifyChain } from "../../src/index.ts";
import { end, record, request, seededRandomness, steppingClock, temporaryStore } from "../fixture.ts";
import { rewrite } from "./rewrite.ts";

async function recordRun(store: Store, seed = 1): Promise<RunId> {
	const recording = record(store, { randomness: seededRandomness(seed) });
	for (let index = 0; index < 4; index++) {
		await recording.call(request("exec", { index }, async () => ({ output: `output ${index}` })));
	}
	await recording.call(request("read_file", "large", async () => new Uint8Array(100_000).fill(7)));
	await recording.finish(end);
	return recording.runId;
}

// Log: issued and settled by turns from 0 to 9, the end at 10.
const attacks: readonly (readonly [string, readonly string[], number])[] = [
	[
		"a flipped byte",
		["UPDATE event SET bytes = CAST(substr(bytes, 1, 20) || x'41' || substr(bytes, 22) AS BLOB) WHERE sequence = 3"],
		3,
	],
	["an edited chain", ["UPDATE event SET chain = zeroblob(32) WHERE sequence = 4"], 4],
	["a deleted event", ["DELETE FROM event WHERE sequence = 5"], 5],
	[
		"a deletion with the rest moved up",
		["DELETE FROM event WHERE sequence = 5", "UPDATE event SET id = id - 1 WHERE sequence > 5"],
		5,
	],
	[
		"two events swapped",
		[
			"UPDATE event SET id = id + 98 WHERE sequence = 2",
			"UPDATE event SET id = id - 4 WHERE sequence = 6",
			"UPDATE event SET id = id - 94 WHERE sequence = 100",
		],
		2,
	],
	["a log cut short", ["DELETE FROM event WHERE sequence >= 8"], 8],
	["an empty log", ["DELETE FROM event"], 0],
	[
		"an added event",
		["INSERT INTO event (id, bytes, chain) SELECT id + 1, bytes, chain FROM event WHERE sequence = 10"],
		11,
	],
	["an edited header", ["UPDATE run SET header = CAST(header || x'00' AS BLOB)"], 0],
	["an edited title", ["UPDATE run SET title = 'another'"], 0],
	["an edited verdict", ["UPDATE run SET verdict = 'fail'"], 10],
	["an edited root hash", ["UPDATE run SET root_hash = zeroblob(32)"], 11],
	["an edited large payload", ["UPDATE blob_chunk SET encoding = 0, bytes = zeroblob(100005)"], 9],
];

describe("a log that was tampered with", () => {
	test.each(attacks)("%s is detected", async (what, statements, sequence) => {
		using fixture = temporaryStore();
		const runId = await recordRun(fixture.store);
		expect(verifyChain(fixture.store, runId)).toEqual({ events: 11, rootHash: fixture.store.runs.get(runId).rootHash });
		fixture.store[Symbol.dispose]();
		expect(rewrite(join(fixture.store.directory, "retake.db"), statements)).toBeGreaterThan(0);
		using store = openStore(fixture.store.directory, { clock: steppingClock() });
		let thrown: unknown;
		try {
			verifyChain(store, runId);
		} catch (error) {
			thrown = error;
		}
		expect(isRetakeError(thrown, "TRACE_TAMPERED"), String(thrown)).toBe(true);
		expect(thrown).toMatchObject({ data: { runId, sequence } });
		if (what === "an edited large payload") return;
		expect(() => startPlayback({ store, run: runId, policy: "strict" })).toThrow("not what was recorded");
		expect(() => readTrace(store, runId)).toThrow("not what was recorded");
	});

	test("an event that is changed after the log was checked is not served", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		// Some pages of the log.
		const count = 1_000;
		const exec = (index: number) => request("exec", { index }, async () => ({ output: `output ${index}` }));
		const recording = record(store);
		for (let index = 0; index < count; index++) await recording.call(exec(index));
		await recording.finish(end);
		const play = async (meanwhile: () => void): Promise<number> => {
			const playback = startPlayback({ store, run: recording.runId, policy: "strict" });
			meanwhile();
			for (let index = 0; index < count; index++) {
				try {
					await playback.call(exec(index));
				} catch (error) {
					expect(isRetakeError(error, "TRACE_TAMPERED"), String(error)).toBe(true);
					return index;
				}
			}
			return count;
		};
		expect(await play(() => {})).toBe(count);
		const edit =
			"UPDATE event SET bytes = CAST(replace(bytes, 'output 700', 'output 777') AS BLOB) WHERE sequence = 1401";
		const stoppedAt = await play(() => expect(rewrite(join(store.directory, "retake.db"), [edit])).toBe(1));
		expect(stoppedAt).toBeGreaterThan(0);
		expect(stoppedAt).toBeLessThanOrEqual(700);
	});

	test("a forged chain is detected given the head", async () => {
		using fixture = temporaryStore();
		const runId = await recordRun(fixture.store);
		const { rootHash } = verifyChain(fixture.store, runId);
		expect(verifyChain(fixture.store, runId, rootHash).rootHash).toBe(rootHash);
		const other = fixture.store.runs.get(await recordRun(fixture.store, 2)).rootHash;
		expect(() => verifyChain(fixture.store, runId, other ?? undefined)).toThrow("given head");
	});
});
