import { RetakeError } from "@retake/base";
import { describe, expect, test } from "vitest";
import { addressKey, startPlayback } from "../../src/index.ts";
import { end, record, seededRandom, seededRandomness, temporaryStore } from "../fixture.ts";
import { type Action, randomAgent, run } from "../random-agent.ts";

const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

describe("the scheduling fuzzer", () => {
	test("any schedule of the program gets the same bytes in the same order and the same root hash", {
		timeout: 120_000,
	}, async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		for (const seed of seeds) {
			const agent = randomAgent(seededRandom(seed));
			const recording = record(store, { randomness: seededRandomness(seed) });
			const live = await run(recording, agent, seededRandom(seed + 10_000));
			const rootHash = await recording.finish(end);
			const playback = startPlayback({ store, run: recording.runId, policy: "strict" });
			const replayed = await run(playback, agent, seededRandom(seed + 20_000));
			const report = await playback.finish();
			expect(report.divergences, `seed ${seed}`).toEqual([]);
			expect(replayed, `seed ${seed}`).toEqual(live);
			expect(report.rootHash, `seed ${seed}`).toEqual({ recorded: rootHash, recomputed: rootHash });
		}
	});

	test("a changed input is found at its address, whatever the schedule", { timeout: 120_000 }, async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		for (const seed of seeds.slice(0, 100)) {
			const agent: readonly Action[] = [
				{ kind: "call", input: "first", chunks: 1, fails: false },
				...randomAgent(seededRandom(seed)),
				{ kind: "call", input: "last", chunks: 1, fails: false },
			];
			const recording = record(store, { randomness: seededRandomness(seed) });
			await run(recording, agent, seededRandom(seed + 10_000));
			await recording.finish(end);
			const playback = startPlayback({ store, run: recording.runId, policy: "strict" });
			const failure = await run(playback, agent, seededRandom(seed + 20_000), 0).catch((error: unknown) => error);
			const report = await playback.finish();
			expect(failure, `seed ${seed}`).toBeInstanceOf(RetakeError);
			expect(
				report.divergences.map(({ kind, address }) => [kind, address && addressKey(address)]),
				`seed ${seed}`,
			).toEqual([["input", "/#0"]]);
			expect(report.rootHash.recomputed, `seed ${seed}`).not.toBe(report.rootHash.recorded);
		}
	});
});
