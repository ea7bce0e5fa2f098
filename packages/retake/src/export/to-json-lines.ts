import { openTrace } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { callToJson } from "../trace/call-to-json.ts";
import { summariseRun } from "../trace/run-summary.ts";

/** Yields runs as lines of JSON: one for a run, `{ "kind": "run", … }`, then one for each of its calls, `{ "kind": "call", … }`. */
export function* toJsonLines(runs: readonly RunRecord[], store: Store): Iterable<string> {
	for (const run of runs) {
		const trace = openTrace(store, run.runId);
		const { kind: runKind, ...summary } = summariseRun(run);
		yield JSON.stringify({ kind: "run", runKind, ...summary, rootHash: trace.rootHash });
		for (const call of trace.calls()) {
			yield JSON.stringify({ kind: "call", runId: run.runId, ...callToJson(call, store) });
		}
	}
}
