import { type ReplayOptions, replay as replayInRuntime } from "@retake/evaluator";
import type { PlaybackReport } from "@retake/runtime";
import { openRecordsOf, type RecordOptions } from "./record-options.ts";

/**
 * Plays a run back from its record: every call is served from it, nothing is executed. `run` is an id, a unique prefix, `@last`
 * or `@last-failed`. Divergences are in the report. Throws `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `TRACE_TAMPERED`.
 */
export async function replay(run: string, options: RecordOptions & ReplayOptions): Promise<PlaybackReport> {
	const { workspace, store, ...how } = options;
	await using runtime = await openRecordsOf({ workspace, ...(store === undefined ? {} : { store }) });
	return await replayInRuntime(runtime, runtime.store.runs.resolve(run), how);
}
