import { diffTraces, readTrace, type TraceDiff, type TraceDiffOptions } from "@retake/recorder";
import { type TreeDifference, treeDifference } from "../trace/diff/tree-difference.ts";
import { openRecordsOf, type RecordOptions } from "./record-options.ts";

/** Two runs compared, call by call, and their trees where they part ways. */
export interface RunsDiff extends TraceDiff {
	/** Paths in which the trees differ as the calls of the first divergence left them; null where the runs are the same. */
	readonly tree: TreeDifference | null;
}

/**
 * Compares two runs call by call and names where they part ways. Each is an id, a unique prefix, `@last` or `@last-failed`.
 * Throws `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `TRACE_TAMPERED`, and `USAGE` for a malformed ignore rule.
 */
export async function diffRuns(a: string, b: string, options: RecordOptions & TraceDiffOptions): Promise<RunsDiff> {
	await using runtime = await openRecordsOf(options);
	const { store } = runtime;
	const [first, second] = [store.runs.resolve(a), store.runs.resolve(b)];
	const traces = [readTrace(store, first.runId), readTrace(store, second.runId)] as const;
	const diff = diffTraces(...traces, options);
	return { ...diff, tree: treeDifference(...traces, diff, store) };
}
