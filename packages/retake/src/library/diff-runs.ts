import { diffTraces, readTrace, type TraceDiff, type TraceDiffOptions } from "@retake/recorder";
import { openRecordsOf, type RecordOptions } from "./record-options.ts";

/**
 * Compares two runs call by call and names where they part ways. Each is an id, a unique prefix, `@last` or `@last-failed`.
 * Throws `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `TRACE_TAMPERED`, and `USAGE` for a malformed ignore rule.
 */
export async function diffRuns(a: string, b: string, options: RecordOptions & TraceDiffOptions): Promise<TraceDiff> {
	await using runtime = await openRecordsOf(options);
	const { store } = runtime;
	const [first, second] = [store.runs.resolve(a), store.runs.resolve(b)];
	return diffTraces(readTrace(store, first.runId), readTrace(store, second.runId), options);
}
