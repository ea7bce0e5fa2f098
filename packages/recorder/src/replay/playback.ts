import type { ChainHash, RunId } from "@retake/base";
import type { Tape } from "../call-port.ts";
import type { RunIndex } from "../trace/run-index.ts";
import type { RunOutcome } from "../trace/run-outcome.ts";
import type { Divergence } from "./divergence.ts";

/** How a playback went. It is proved identical when `divergences` is empty and the two hashes are equal. */
export interface PlaybackReport {
	/** Calls in the record. */
	readonly calls: number;
	/** Calls whose end was delivered to the program. */
	readonly served: number;
	readonly divergences: readonly Divergence[];
	readonly rootHash: {
		readonly recorded: ChainHash;
		/** The chain over the recorded header, what the program asked this time, and what it was handed. */
		readonly recomputed: ChainHash;
	};
	/** Whether the record ends without the run's end: only what came before the cut is proved. */
	readonly cutOff: boolean;
}

/** A tape that serves a recorded run and executes nothing. */
export interface Playback extends Tape {
	readonly runId: RunId;
	/** The record that is played. */
	readonly index: RunIndex;
	/**
	 * Waits for the calls in flight and reports. `outcome`, where the program came to one, goes into the recomputed hash in
	 * place of the recorded one.
	 */
	finish(outcome?: RunOutcome): Promise<PlaybackReport>;
}
