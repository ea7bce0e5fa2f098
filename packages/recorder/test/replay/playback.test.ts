import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isRetakeError, RetakeError, type RunId } from "@retake/base";
import { openStore, type Store } from "@retake/store";
import { describe, expect, test } from "vitest";
import { type DivergenceKind, readTrace, startPlayback, type Tape } from "../../src/index.ts";
import { end, record, request, steppingClock, temporaryStore } from "../fixture.ts";

type Step = readonly [tool: string, input: string];

async function serial(tape: Tape, steps: readonly Step[], execute = true): Promise<unknown[]> {
	const values: unknown[] = [];
	for (const [tool, input] of steps) {
		const body = execute ? async () => ({ output: `${tool} of ${input}` }) : undefined;
		values.push((await tape.call(request(tool, input, body))).value);
	}
	return values;
}

async function recordSerial(store: Store, steps: readonly Step[]): Promise<RunId> {
	const recording = record(store);
	await serial(recording, steps);
	await recording.finish(end);
	return recording.runId;
}

const steps: readonly Step[] = [
	["exec", "a"],
	["exec", "b"],
	["read_file", "c"],
	["exec", "d"],
];

describe("playback", () => {
	test("serves what was recorded from a copy of the store and nothing else, and computes the same root hash", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const live = await serial(recording, steps);
		const drawn = [
			await recording.values.now(),
			await recording.values.monotonic(),
			await recording.values.random("dice"),
		];
		const rootHash = await recording.finish(end);
		const copy = join(fixture.directory, "elsewhere");
		cpSync(fixture.store.directory, copy, { recursive: true });
		fixture.store[Symbol.dispose]();
		rmSync(fixture.store.directory, { recursive: true });
		using store = openStore(copy, { clock: steppingClock(), readOnly: true });
		const playback = startPlayback({ store, run: recording.runId, policy: "strict" });
		expect(await serial(playback, steps, false)).toEqual(live);
		expect([
			await playback.values.now(),
			await playback.values.monotonic(),
			await playback.values.random("dice"),
		]).toEqual(drawn);
		expect(await playback.finish()).toEqual({
			calls: 6,
			served: 6,
			divergences: [],
			rootHash: { recorded: rootHash, recomputed: rootHash },
			cutOff: false,
		});
	});

	const planted: readonly (readonly [DivergenceKind, string, readonly Step[], string])[] = [
		["input", "a changed argument", [steps[0]!, ["exec", "B"], steps[2]!, steps[3]!], "/#1"],
		["tool", "another tool", [steps[0]!, steps[1]!, ["write_file", "c"], steps[3]!], "/#2"],
		["order", "two calls swapped", [steps[1]!, steps[0]!, steps[2]!, steps[3]!], "/#0"],
		["extra", "a call too many", [...steps, ["exec", "e"]], "/#4"],
		["unconsumed", "a call too few", steps.slice(0, 3), "/#3"],
	];
	test.each(planted)("names %s for %s", async (kind, _what, changed, place) => {
		using fixture = temporaryStore();
		const runId = await recordSerial(fixture.store, steps);
		const playback = startPlayback({ store: fixture.store, run: runId, policy: "strict" });
		const failure = await serial(playback, changed, false).then(
			() => null,
			(error: unknown) => error,
		);
		const report = await playback.finish();
		const [divergence] = report.divergences;
		expect(report.divergences).toHaveLength(1);
		expect(divergence?.kind).toBe(kind);
		expect(`${divergence?.address?.scope}#${divergence?.address?.sequence}`).toBe(place);
		expect(report.rootHash.recomputed).not.toBe(report.rootHash.recorded);
		if (kind !== "unconsumed") expect(isRetakeError(failure, "DIVERGENCE")).toBe(true);
	});

	test("shows the pointer, the candidates and the calls before a changed input", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const inputs = [{ argv: ["ls", "-l"] }, { argv: ["cat", "x"] }];
		for (const input of inputs) await recording.call(request("exec", input, async () => null));
		await recording.finish(end);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		await playback.call(request("exec", inputs[0]!));
		await expect(playback.call(request("exec", { argv: ["cat", "y"] }))).rejects.toThrow("/#1");
		const [divergence] = (await playback.finish()).divergences;
		expect(divergence?.inputDifference).toEqual([{ kind: "changed", pointer: "/argv/1", was: "x", now: "y" }]);
		expect(divergence?.preceding.map(({ input }) => input)).toEqual([inputs[0]]);
	});

	test("names a changed schema", async () => {
		using fixture = temporaryStore();
		const runId = await recordSerial(fixture.store, steps);
		const playback = startPlayback({ store: fixture.store, run: runId, policy: "strict" });
		const other = request("exec", "a");
		const { schemaHash } = request("other", "a").tool;
		await expect(playback.call({ ...other, tool: { ...other.tool, schemaHash } })).rejects.toThrow("schema");
		expect((await playback.finish()).divergences[0]?.kind).toBe("schema");
	});

	test("names a stall instead of hanging, and a branch that ended early", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
		const slow = async () => {
			await wait(20);
			return "slow";
		};
		await recording.parallel([
			() => recording.call(request("exec", "slow", slow)),
			() => recording.call(request("exec", "quick", async () => "quick")),
		]);
		await recording.finish(end);
		const stalled = startPlayback({
			store: fixture.store,
			run: recording.runId,
			policy: "strict",
			stallTimeoutMs: 30,
		});
		const never = Promise.withResolvers<never>();
		const hanging = stalled.parallel([() => stalled.call(request("exec", "slow")), () => never.promise]);
		hanging.catch(() => {});
		const report = await stalled.finish().finally(() => never.reject(new Error("over")));
		expect(report.divergences.map(({ kind }) => kind)).toEqual(["stall"]);
		const early = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		const branches = early.parallel([() => early.call(request("exec", "slow")), async () => null]);
		await expect(branches).rejects.toThrow("branch /0/1 ended without a call");
		expect((await early.finish()).divergences.map(({ kind }) => kind)).toEqual(["missing"]);
	});

	test("goes on under `report` while calls match, and never certifies", async () => {
		using fixture = temporaryStore();
		const runId = await recordSerial(fixture.store, steps);
		const playback = startPlayback({ store: fixture.store, run: runId, policy: "report" });
		await playback.call(request("exec", "a"));
		await expect(playback.call(request("exec", "B"))).rejects.toThrow("/#1");
		expect((await playback.call(request("read_file", "c"))).value).toEqual({ output: "read_file of c" });
		expect((await playback.call(request("exec", "d"))).value).toEqual({ output: "exec of d" });
		const report = await playback.finish();
		expect(report.divergences.map(({ kind }) => kind)).toEqual(["input"]);
		expect(report.served).toBe(3);
		expect(report.rootHash.recomputed).not.toBe(report.rootHash.recorded);
	});

	test("throws recorded errors again, and pairs identical parallel calls by issue order", async () => {
		using fixture = temporaryStore();
		const program = async (tape: Tape, live: boolean) => {
			let count = 0;
			const failing = async () => {
				throw new RetakeError("FILE_NOT_FOUND", "no such file", { data: { path: "x" }, remedy: "name another" });
			};
			const error = await tape.call(request("read_file", "x", live ? failing : undefined)).catch((thrown) => thrown);
			const twins = await tape.parallel(
				[0, 1, 2].map(
					() => async () => (await tape.call(request("exec", "same", live ? async () => count++ : undefined))).value,
				),
			);
			return [error.name, error.code, error.sort, error.message, error.data, error.remedy, twins];
		};
		const recording = record(fixture.store);
		const seen = await program(recording, true);
		await recording.finish(end);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await program(playback, false)).toEqual(seen);
		expect((await playback.finish()).divergences).toEqual([]);
	});

	test("plays a run that was cut off up to the cut", async () => {
		using fixture = temporaryStore();
		const recording = record(fixture.store);
		await serial(recording, steps.slice(0, 2));
		const never = Promise.withResolvers<never>();
		const isExecuted = new Promise<void>((executed) => {
			const work = () => {
				executed();
				return never.promise;
			};
			recording.call(request("read_file", "c", work)).catch(() => {});
		});
		await isExecuted;
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await serial(playback, steps.slice(0, 2), false)).toHaveLength(2);
		await expect(playback.call(request("read_file", "c"))).rejects.toThrow("cut off");
		await expect(playback.call(request("exec", "d"))).rejects.toThrow("cut off");
		const report = await playback.finish();
		expect(report).toMatchObject({ divergences: [], cutOff: true, served: 2, calls: 3 });
		expect(report.rootHash.recomputed).toBe(report.rootHash.recorded);
		expect(readTrace(fixture.store, recording.runId).calls.map(({ outcome }) => outcome.kind)).toEqual([
			"result",
			"result",
			"in-flight",
		]);
	});

	test("records a cancelled call with the bytes before it, and plays it back", async () => {
		using fixture = temporaryStore();
		const program = async (tape: Tape) => {
			const cancel = new AbortController();
			const seen: string[] = [];
			const call = tape.call(
				request(
					"exec",
					"long",
					(context) =>
						new Promise((_resolve, reject) => {
							void context.chunk("stdout", Buffer.from("one"));
							void context.chunk("stdout", Buffer.from("two"));
							context.signal.addEventListener("abort", () => reject(new Error("aborted")));
						}),
					{
						signal: cancel.signal,
						onChunk: (_stream, bytes) => {
							seen.push(Buffer.from(bytes).toString());
							if (seen.length === 2) cancel.abort();
						},
					},
				),
			);
			await expect(call).rejects.toThrow("cancelled");
			return seen;
		};
		const recording = record(fixture.store);
		expect(await program(recording)).toEqual(["one", "two"]);
		await recording.finish(end);
		const playback = startPlayback({ store: fixture.store, run: recording.runId, policy: "strict" });
		expect(await program(playback)).toEqual(["one", "two"]);
		const { divergences, rootHash } = await playback.finish();
		expect(divergences).toEqual([]);
		expect(rootHash.recomputed).toBe(rootHash.recorded);
		expect(readTrace(fixture.store, recording.runId).calls[0]?.outcome).toEqual({ kind: "cancelled" });
	});
});
