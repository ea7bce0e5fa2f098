import { isRunId, systemClock, systemRandomness } from "@retake/base";
import { openStore } from "@retake/store";
import { peakMemory } from "../../../../test/bench/harness/peak-memory.ts";
import { startFork, startPlayback, startRecording, type Tape } from "../../src/index.ts";
import { end, header, request } from "../fixture.ts";

/** A process of its own, so that its peak of memory is its own: `record|play|fork STORE CALLS RUN`; prints the run and the peak as JSON. */
const [mode = "", directory = "", calls = "0", run = ""] = process.argv.slice(2);
const clock = systemClock;
using store = openStore(directory, { clock });
const text = "x".repeat(500);
const atOnce = 50;

async function program(tape: Tape, count: number): Promise<void> {
	for (let index = 0; index < count; index += atOnce) {
		const numbers = Array.from({ length: Math.min(atOnce, count - index) }, (_, offset) => index + offset);
		await Promise.all(numbers.map((number) => tape.call(request("exec", { number, text }, async () => ({ text })))));
	}
}

let runId = run;
if (mode === "record") {
	const recording = startRecording({ store, clock, randomness: systemRandomness, header });
	await program(recording, Number(calls));
	await recording.finish(end);
	runId = recording.runId;
}
if (!isRunId(runId)) throw new Error("what was named is no run");
if (mode === "play") {
	const playback = startPlayback({ store, run: runId, policy: "strict" });
	await program(playback, Number(calls));
	const { divergences, rootHash } = await playback.finish();
	if (divergences.length > 0 || rootHash.recorded !== rootHash.recomputed) throw new Error("it diverged");
}
if (mode === "fork") {
	const how = { at: { kind: "all" }, onDivergence: "stop", onServedChange: () => {} } as const;
	const fork = startFork({ store, clock, randomness: systemRandomness, header, run: runId, ...how });
	await program(fork, Number(calls));
	await fork.finish(end);
	if (fork.origin.served !== Number(calls)) throw new Error("not all was served");
}
process.stdout.write(JSON.stringify({ runId, peakMegabytes: peakMemory() / 1e6 }));
