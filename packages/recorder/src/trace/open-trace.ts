import type { RunId } from "@retake/base";
import type { Store } from "@retake/store";
import { RunIndex } from "./run-index.ts";
import { StoredTrace } from "./stored-trace.ts";

/**
 * Opens a run to be read call by call, its chain checked as a whole before: in memory is an index of some 100 bytes a call. The store must stay
 * open as long as it is read. Throws `RUN_NOT_FOUND`, `TRACE_TAMPERED`.
 */
export function openTrace(store: Store, runId: RunId): StoredTrace {
	return new StoredTrace(new RunIndex(store, store.runs.get(runId)));
}
