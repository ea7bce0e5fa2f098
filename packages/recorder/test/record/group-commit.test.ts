import { RetakeError } from "@retake/base";
import type { Store } from "@retake/store";
import { describe, expect, test } from "vitest";
import { readTrace, startPlayback, type Tape, verifyChain } from "../../src/index.ts";
import { end, record, request, temporaryStore } from "../fixture.ts";

/** A store that counts the transactions in which events are written, and refuses where it is told to. */
function watched(store: Store): { readonly store: Store; readonly batches: number[]; refuses: boolean } {
	const batches: number[] = [];
	const watch = {
		batches,
		refuses: false,
		store: {
			...store,
			blobs: store.blobs,
			runs: store.runs,
			facts: store.facts,
			atomically: store.atomically.bind(store),
			events: {
				read: store.events.read.bind(store.events),
				count: store.events.count.bind(store.events),
				append: (...words: Parameters<Store["events"]["append"]>) => {
					if (watch.refuses) throw new RetakeError("DISK_FULL", "no space is left");
					batches.push(words[1].length);
					store.events.append(...words);
				},
			},
		} as unknown as Store,
	};
	return watch;
}

const workers = 16;
const rounds = 20;

async function crowd(tape: Tape, execute?: (round: number) => Promise<number>): Promise<unknown> {
	return tape.parallel(
		Array.from({ length: workers }, () => async () => {
			const seen: unknown[] = [];
			for (let round = 0; round < rounds; round++) {
				const work = execute === undefined ? undefined : () => execute(round);
				seen.push((await tape.call(request("exec", round, work))).value);
			}
			return seen;
		}),
	);
}

describe("group commit", () => {
	test("parallel calls share transactions, each is on record before it is executed, and the run plays back", async () => {
		using fixture = temporaryStore();
		const watch = watched(fixture.store);
		const recording = record(watch.store);
		const late: number[] = [];
		let executed = 0;
		const live = await crowd(recording, async (round) => {
			executed++;
			const known = readTrace(fixture.store, recording.runId).calls.filter(({ input }) => input === round);
			if (known.length === 0) late.push(round);
			return executed;
		});
		await recording.finish(end);
		expect(late).toEqual([]);
		const events = watch.batches.reduce((sum, count) => sum + count, 0);
		expect(events).toBe(2 * workers * rounds + 1);
		// Two a round would be the least; by itself each event would have one.
		expect(watch.batches.length).toBeLessThan(events / 4);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await crowd(playback)).toEqual(live);
		const { divergences, rootHash } = await playback.finish();
		expect(divergences).toEqual([]);
		expect(rootHash.recomputed).toBe(rootHash.recorded);
	});

	test("calls made one after another wait for nobody: a transaction for the issue, one for the end", async () => {
		using fixture = temporaryStore();
		const watch = watched(fixture.store);
		const recording = record(watch.store);
		for (let index = 0; index < 10; index++) await recording.call(request("exec", index, async () => index));
		expect(watch.batches).toEqual(Array.from({ length: 20 }, () => 1));
	});

	test("the queue is bounded: what is issued at once beyond it is written at once", async () => {
		using fixture = temporaryStore();
		const watch = watched(fixture.store);
		const recording = record(watch.store);
		const calls = Array.from({ length: 1000 }, (_, index) => recording.call(request("exec", index, async () => index)));
		// Nothing has had its turn yet.
		expect(watch.batches).toEqual([256, 256, 256]);
		await Promise.all(calls);
		await recording.finish(end);
		expect(Math.max(...watch.batches)).toBe(256);
		expect(verifyChain(fixture.store, recording.runId).events).toBe(2001);
	});

	test("where the store refuses, all that wait are told and nothing has happened; later calls follow without a gap", async () => {
		using fixture = temporaryStore();
		const watch = watched(fixture.store);
		const recording = record(watch.store);
		await recording.call(request("exec", "before", async () => null));
		watch.refuses = true;
		let executed = 0;
		const work = async () => executed++;
		const refused = await Promise.allSettled([1, 2, 3].map((input) => recording.call(request("exec", input, work))));
		expect(refused.map((each) => each.status === "rejected" && (each.reason as RetakeError).code)).toEqual(
			Array.from({ length: 3 }, () => "DISK_FULL"),
		);
		expect(executed).toBe(0);
		watch.refuses = false;
		await recording.call(request("exec", "after", async () => null));
		await recording.finish(end);
		expect(verifyChain(fixture.store, recording.runId).events).toBe(5);
	});
});

describe("back-pressure", () => {
	const part = new Uint8Array(1024 ** 2).fill(7);

	test("a producer that waits is held back until its part was delivered", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		let ahead = 0;
		let most = 0;
		const onChunk = () => ahead--;
		const work = async ({ chunk }: { chunk: (stream: string, bytes: Uint8Array) => Promise<void> }) => {
			for (let index = 0; index < 100; index++) {
				most = Math.max(most, ++ahead);
				await chunk("stdout", part.subarray(0, 1000));
			}
			return null;
		};
		await recording.call(request("exec", "a", work, { onChunk }));
		expect({ most, ahead }).toEqual({ most: 1, ahead: 0 });
	});

	test("one that does not wait is stopped at a named limit, and the playback says the same", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const program = async (tape: Tape, live: boolean) => {
			let bytes = 0;
			const work = async ({ chunk }: { chunk: (stream: string, bytes: Uint8Array) => Promise<void> }) => {
				for (let index = 0; index < 80; index++) void chunk("stdout", part);
				return null;
			};
			const onChunk = (_: string, { byteLength }: Uint8Array) => {
				bytes += byteLength;
			};
			const ended = tape.call(request("exec", "a", live ? work : undefined, { onChunk }));
			await expect(ended).rejects.toMatchObject({ code: "LIMIT_EXCEEDED", data: { limit: "undeliveredBytesMax" } });
			return bytes;
		};
		expect(await program(recording, true)).toBe(64 * part.byteLength);
		await recording.finish(end);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await program(playback, false)).toBe(64 * part.byteLength);
		expect((await playback.finish()).divergences).toEqual([]);
	});
});
