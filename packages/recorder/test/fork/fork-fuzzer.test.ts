import { expect, test } from "vitest";
import { readTrace, startFork, startPlayback } from "../../src/index.ts";
import { end, header, record, seededRandom, seededRandomness, steppingClock, temporaryStore } from "../fixture.ts";
import { randomAgent, run } from "../random-agent.ts";

const seeds = Array.from({ length: 200 }, (_, index) => index + 1);

test.each([
	["at a random call", "stop"],
	["at a planted divergence", "go-live"],
] as const)(
	"a fork %s of any agent, under any schedule, ends and plays back by itself",
	{ timeout: 120_000 },
	async (_, onDivergence) => {
		using fixture = temporaryStore();
		const { store } = fixture;
		let diverged = 0;
		for (const seed of seeds) {
			const next = seededRandom(seed);
			const agent = randomAgent(next);
			const parent = record(store, { randomness: seededRandomness(seed) });
			const live = await run(parent, agent, seededRandom(seed + 10_000));
			await parent.finish(end);
			const { calls } = readTrace(store, parent.runId);
			const count = Math.floor(next() * (calls.length + 1));
			const planted = onDivergence === "stop" ? -1 : Math.floor(next() * calls.length);
			const child = startFork({
				store,
				clock: steppingClock(),
				randomness: seededRandomness(seed + 50_000),
				header,
				run: parent.runId,
				at: onDivergence === "stop" ? { kind: "calls", count } : { kind: "all" },
				onDivergence,
				onServedChange: () => {},
				stallTimeoutMs: 500,
			});
			const seen = await run(child, agent, seededRandom(seed + 20_000), planted);
			const rootHash = await child.finish(end);
			const { served, executed, divergence } = child.origin;
			expect(store.runs.get(child.runId).state, `seed ${seed}`).toBe("kept");
			if (onDivergence === "stop") {
				expect({ served, executed, divergence }, `seed ${seed}`).toEqual({
					served: count,
					executed: readTrace(store, child.runId).calls.length - count,
					divergence: null,
				});
				if (count === calls.length) expect(seen, `seed ${seed}`).toEqual(live);
			} else if (divergence !== null) diverged++;
			else expect(seen, `seed ${seed}`).toEqual(live);
			const playback = startPlayback({ store, run: child.runId, policy: "strict" });
			const replayed = await run(playback, agent, seededRandom(seed + 30_000), planted);
			const report = await playback.finish();
			expect(report.divergences, `seed ${seed}`).toEqual([]);
			expect(replayed, `seed ${seed}`).toEqual(seen);
			expect(report.rootHash, `seed ${seed}`).toEqual({ recorded: rootHash, recomputed: rootHash });
		}
		// Most agents make a call that a change can be planted in; where none diverged, nothing was tried.
		if (onDivergence === "go-live") expect(diverged).toBeGreaterThan(seeds.length / 2);
	},
);
