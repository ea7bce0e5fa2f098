import type { RunRecord, Store } from "@retake/store";

/** Returns a run and the runs that came of it, each after the one it came of: an evaluation's candidates, a run's forks. */
export function runFamily(store: Store, run: RunRecord): readonly RunRecord[] {
	const children = store.runs.list({ parentRunId: run.runId }).toReversed();
	return [run, ...children.flatMap((child) => runFamily(store, child))];
}
