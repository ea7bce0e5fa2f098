import { systemClock } from "@retake/base";
import { openRuntime } from "@retake/runtime";
import { takeInTranscript } from "../../../packages/retake/src/import/take-in-transcript.ts";
import { peakMemory } from "../harness/peak-memory.ts";

// A process of its own for each import, so that its peak of memory is its own: prints both as JSON.
const [, , workspace = "", path = ""] = process.argv;
await using runtime = await openRuntime({ workspace, sandbox: "none" });
const builtBytes = peakMemory();
const startedAt = performance.now();
const { signal } = new AbortController();
const { transcript } = await takeInTranscript(runtime, { path, clock: systemClock, signal });
const milliseconds = performance.now() - startedAt;
const peakBytes = peakMemory();
const { calls, messages } = transcript;
process.stdout.write(JSON.stringify({ milliseconds, peakBytes, builtBytes, calls, messages }));
