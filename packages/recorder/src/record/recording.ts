import type { ChainHash, RunId } from "@retake/base";
import type { RunState } from "@retake/store";
import type { Tape } from "../call-port.ts";
import type { RunOutcome } from "../trace/run-outcome.ts";

/** How a recording is ended. */
export interface RecordingEnd extends RunOutcome {
	readonly state: Exclude<RunState, "open">;
}

/** A tape that executes what it is asked and writes it down. */
export interface Recording extends Tape {
	readonly runId: RunId;
	/**
	 * Waits for the calls in flight, writes the end of the log and ends the run, durably; returns the run's root hash. Later
	 * calls throw `SESSION_CLOSED`.
	 */
	finish(end: RecordingEnd): Promise<ChainHash>;
}
