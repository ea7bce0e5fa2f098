import { systemClock } from "@retake/base";
import { expect, test } from "vitest";
import { readTrace, startPlayback, type Tape } from "../../src/index.ts";
import { end, record, request, temporaryStore } from "../fixture.ts";

const chunks = 10;
const gapMs = 20;

/** Makes one call whose output comes in chunks, and returns when each came, milliseconds since the call was made. */
async function stream(tape: Tape, live: boolean): Promise<{ readonly bytes: string[]; readonly atMs: number[] }> {
	const bytes: string[] = [];
	const atMs: number[] = [];
	const startedAt = performance.now();
	const execute = async (context: { chunk: (stream: string, bytes: Uint8Array) => void }) => {
		for (let index = 0; index < chunks; index++) {
			await new Promise((resolve) => setTimeout(resolve, gapMs));
			context.chunk("body", Buffer.from(`data: ${index}\n\n`));
		}
		return null;
	};
	const onChunk = (_stream: string, chunk: Uint8Array) => {
		bytes.push(Buffer.from(chunk).toString());
		atMs.push(performance.now() - startedAt);
	};
	await tape.call(request("sse", "prompt", live ? execute : undefined, { onChunk }));
	return { bytes, atMs };
}

test("a stream of 10 chunks stays 10 chunks, each at the recorded time times the scale, and the hash is the same", async () => {
	using fixture = temporaryStore(systemClock);
	const { store } = fixture;
	const recording = record(store, { clock: systemClock });
	const live = await stream(recording, true);
	await recording.finish(end);
	const play = async (timeScale: number) => {
		const pace = { timeScale, clock: systemClock };
		const playback = startPlayback({ store, run: recording.runId, policy: "strict", pace });
		const seen = await stream(playback, false);
		const { divergences, rootHash } = await playback.finish();
		expect(divergences).toEqual([]);
		expect(rootHash.recomputed).toBe(rootHash.recorded);
		expect(seen.bytes).toEqual(live.bytes);
		return seen.atMs;
	};
	const [call] = readTrace(store, recording.runId).calls;
	const recordedMs = (call?.chunks ?? []).map(({ atMs }) => atMs - (call?.issuedAtMs ?? 0));
	const last = recordedMs.at(-1) ?? 0;
	expect(last).toBeGreaterThanOrEqual(chunks * gapMs - chunks);
	expect((await play(0)).at(-1)).toBeLessThan(last / 2);
	for (const scale of [0.5, 1, 2]) {
		const played = await play(scale);
		// Times are recorded to the millisecond, and a timer may be early by one. A loaded machine is late, never early.
		for (const [index, at] of played.entries()) {
			expect(at, `chunk ${index} at scale ${scale}`).toBeGreaterThanOrEqual((recordedMs[index] ?? 0) * scale - 3);
		}
	}
});

test("what the program does itself is not waited for: only deliveries keep their distance from it", async () => {
	using fixture = temporaryStore(systemClock);
	const { store } = fixture;
	const recording = record(store, { clock: systemClock });
	await new Promise((resolve) => setTimeout(resolve, 300));
	await recording.call(request("exec", "a", async () => "at once"));
	await recording.finish(end);
	const pace = { timeScale: 1, clock: systemClock };
	const playback = startPlayback({ store, run: recording.runId, policy: "strict", pace });
	const startedAt = performance.now();
	await playback.call(request("exec", "a"));
	expect(performance.now() - startedAt).toBeLessThan(250);
	expect((await playback.finish()).divergences).toEqual([]);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("a time scale of %s is refused", async (timeScale) => {
	using fixture = temporaryStore(systemClock);
	const recording = record(fixture.store);
	await recording.finish(end);
	const options = { store: fixture.store, run: recording.runId, policy: "strict" } as const;
	expect(() => startPlayback({ ...options, pace: { timeScale, clock: systemClock } })).toThrow("time scale");
});
