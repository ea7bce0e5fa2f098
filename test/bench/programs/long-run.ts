import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { isRunId, type RunId, systemClock, systemRandomness } from "@retake/base";
import { emptyChangeset } from "@retake/changeset";
import { readTrace, startFork, startPlayback, type Tape } from "@retake/recorder";
import { openStore } from "@retake/store";
import { peakMemory } from "../harness/peak-memory.ts";
import { benchHeader, kilobyteCall, startBenchRecording } from "../rows/record.ts";

// A process of its own for each, so that its peak of memory is its own: `record|cut|play|resume|lines STORE CALLS RUN`; prints what it took as JSON.
const [mode = "", directory = "", calls = "0", run = ""] = process.argv.slice(2);
using store = openStore(directory, { clock: systemClock });
const startedAt = performance.now();
let runId = run as RunId;
let bytes = 0;

async function program(tape: Tape, count = Number(calls)): Promise<void> {
	for (let index = 0; index < count; index++) await tape.call(kilobyteCall(index));
}

switch (mode) {
	case "record":
	case "cut": {
		const recording = startBenchRecording(store);
		runId = recording.runId;
		await program(recording);
		const changesetId = store.changesets.write(emptyChangeset);
		if (mode === "record") await recording.finish({ changesetId, verdict: "done", failed: false, state: "kept" });
		break;
	}
	case "play": {
		const playback = startPlayback({ store, run: runId, policy: "strict" });
		await program(playback);
		const { divergences, rootHash } = await playback.finish();
		if (divergences.length > 0 || rootHash.recorded !== rootHash.recomputed) throw new Error("it diverged");
		break;
	}
	case "resume": {
		const fork = startFork({
			store,
			clock: systemClock,
			randomness: systemRandomness,
			header: benchHeader,
			run: runId,
			at: { kind: "all" },
			onDivergence: "stop",
			onServedChange: () => {},
		});
		await program(fork, Number(calls) + 1);
		if (fork.origin.served !== Number(calls) || fork.origin.executed !== 1) throw new Error("it was not resumed");
		break;
	}
	case "lines": {
		const lines = readTrace(store, runId).calls.map((call) => `${JSON.stringify(call)}\n`);
		const count = new Writable({
			write: (chunk: Buffer, _encoding, done) => {
				bytes += chunk.byteLength;
				done();
			},
		});
		await pipeline(Readable.from(lines), createGzip(), count);
		break;
	}
	default:
		throw new Error(`"${mode}" is nothing to do`);
}
if (!isRunId(runId)) throw new Error("what was named is no run");
const milliseconds = performance.now() - startedAt;
process.stdout.write(JSON.stringify({ runId, milliseconds, peakBytes: peakMemory(), bytes }));
