import { describe, expect, test } from "vitest";
import { readTrace, startFork, startPlayback, type Tape } from "../../src/index.ts";
import {
	end,
	header,
	record,
	request,
	seededRandom,
	seededRandomness,
	steppingClock,
	temporaryStore,
} from "../fixture.ts";

const turns = async (count: number) => {
	for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** Draws in branches and sub-agents whose schedule is drawn from `schedule`. What each scope drew is in an order of its own. */
async function drawing(
	tape: Tape,
	schedule: () => number,
	alsoDraws = false,
): Promise<Readonly<Record<string, unknown>>> {
	const drawn: Record<string, unknown[]> = {};
	const work = async (name: string) => {
		const mine: unknown[] = [];
		drawn[name] = mine;
		for (let round = 0; round < 3; round++) {
			await turns(Math.floor(schedule() * 5));
			mine.push(await tape.values.random("dice"));
			if (alsoDraws) await tape.values.random("another stream");
			mine.push(await tape.values.uuid());
		}
	};
	await Promise.all([
		tape.parallel([() => work("branch 0"), () => work("branch 1")]),
		tape.scope("planner", () => work("planner")),
		tape.scope("reviewer", () => work("reviewer")),
	]);
	await work("the run");
	return drawn;
}

describe("seeded streams", () => {
	test("come out the same under any schedule, whatever else is drawn, and no value is on record", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const live = await drawing(recording, seededRandom(1));
		const rootHash = await recording.finish(end);
		expect(new Set(Object.values(live).flat()).size).toBe(30);
		expect(readTrace(fixture.store, recording.runId).calls).toEqual([]);
		for (let schedule = 2; schedule < 12; schedule++) {
			const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
			expect(await drawing(playback, seededRandom(schedule), schedule % 2 === 0)).toEqual(live);
			expect((await playback.finish()).rootHash).toEqual({ recorded: rootHash, recomputed: rootHash });
		}
		const other = record(fixture.store, { randomness: seededRandomness(2) });
		expect(await drawing(other, seededRandom(1))).not.toEqual(live);
	});

	test("numbers lie in [0, 1) and UUIDs are of version 4", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		for (let draw = 0; draw < 200; draw++) {
			const number = await recording.values.random("dice");
			expect(number >= 0 && number < 1).toBe(true);
			expect(await recording.values.uuid()).toMatch(
				/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
			);
		}
	});

	test("a fork goes on in the streams of the run that it began as", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const program = async (tape: Tape) => {
			const before = await tape.values.random("dice");
			await tape.call(request("exec", "a", async () => null));
			return [before, await tape.values.random("dice"), await tape.values.monotonic()] as const;
		};
		const live = await program(recording);
		await recording.finish(end);
		const fork = startFork({
			store: fixture.store,
			clock: steppingClock(),
			randomness: seededRandomness(5),
			header,
			run: recording.runId,
			at: { kind: "calls", count: 1 },
			onDivergence: "stop",
			onServedChange: () => {},
		});
		const [before, after, passed] = await program(fork);
		expect([before, after]).toEqual(live.slice(0, 2));
		const servedUntil = readTrace(fixture.store, recording.runId).calls[0]?.settledAtMs ?? Infinity;
		expect(passed).toBeGreaterThan(servedUntil);
	});

	test("nothing is drawn inside a call, where a playback would not draw it", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const inside = recording.call(request("exec", "a", () => recording.values.random("dice")));
		await expect(inside).rejects.toMatchObject({ code: "USAGE" });
	});
});

describe("the monotonic clock", () => {
	test("is recorded, begins with the run, never goes back, and plays back the same", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const read = async (tape: Tape) => [
			await tape.values.monotonic(),
			await tape.values.monotonic(),
			await tape.values.monotonic(),
		];
		const live = await read(recording);
		await recording.finish(end);
		expect(live).toEqual(live.toSorted((a, b) => a - b));
		expect(live[0]).toBeLessThan(1000);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await read(playback)).toEqual(live);
		expect((await playback.finish()).divergences).toEqual([]);
	});
});

describe("named scopes", () => {
	test("number their calls apart from each other and by name, in any interleaving", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const agent = (tape: Tape, input: string, waits: number) => async () => {
			await turns(waits);
			return (await tape.call(request("exec", input, async () => input))).value;
		};
		const program = async (tape: Tape, waits: readonly [number, number, number]) =>
			Promise.all([
				tape.scope("planner", agent(tape, "a", waits[0])),
				tape.scope("reviewer", agent(tape, "b", waits[1])),
				tape.scope("planner", agent(tape, "c", waits[2])),
			]);
		const live = await program(recording, [6, 3, 0]);
		await recording.finish(end);
		const addresses = readTrace(fixture.store, recording.runId).calls.map(({ address, input }) => [
			input,
			address.scope,
		]);
		expect(Object.fromEntries(addresses)).toEqual({ a: "/planner:0", b: "/reviewer:0", c: "/planner:1" });
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await program(playback, [0, 3, 6])).toEqual(live);
		expect((await playback.finish()).divergences).toEqual([]);
		const without = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		await expect(without.scope("planner", async () => null)).rejects.toMatchObject({ code: "DIVERGENCE" });
		expect((await without.finish()).divergences).toMatchObject([{ kind: "missing", address: { scope: "/planner:0" } }]);
	});

	test.each(["", "Planner", "0", "a/b", "a:0", "a#1", "x".repeat(65)])("%j is refused as a name", async (name) => {
		using fixture = temporaryStore();
		await expect(record(fixture.store).scope(name, async () => null)).rejects.toMatchObject({ code: "USAGE" });
	});
});
