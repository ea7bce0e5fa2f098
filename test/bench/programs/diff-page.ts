import { systemClock } from "@retake/base";
import { diffTraces, readTrace } from "@retake/recorder";
import { openRuntime } from "@retake/runtime";
import { takeInTranscript } from "../../../packages/retake/src/import/take-in-transcript.ts";
import { diffPage } from "../../../packages/retake/src/trace/diff/diff-page.ts";
import { treeDifference } from "../../../packages/retake/src/trace/diff/tree-difference.ts";
import { renderDiffPage } from "../../../packages/viewer/src/index.ts";

// Takes two transcripts in, then measures what `retake diff --html` does with them: prints it as JSON.
const [, , workspace = "", ...files] = process.argv;
await using runtime = await openRuntime({ workspace, sandbox: "none" });
const { store } = runtime;
const { signal } = new AbortController();
const [a, b] = await Promise.all(
	files.map(async (path) => (await takeInTranscript(runtime, { path, clock: systemClock, signal })).run),
);
if (a === undefined || b === undefined) throw new Error("name a workspace and two transcripts");
const startedAt = performance.now();
const traces = { a: readTrace(store, a.runId), b: readTrace(store, b.runId) };
const diff = diffTraces(traces.a, traces.b);
const tree = treeDifference(traces.a, traces.b, diff, store);
const page = renderDiffPage(diffPage({ runs: { a, b }, diff, tree, all: false, ignore: [], store, flags: {} }, traces));
const milliseconds = performance.now() - startedAt;
const rows = traces.a.calls.length;
process.stdout.write(JSON.stringify({ milliseconds, pageBytes: Buffer.byteLength(page), calls: rows }));
