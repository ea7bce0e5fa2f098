import type { RunId } from "@retake/base";
import type { StoredChange } from "../call-port.ts";
import { beginRun, type StartRecordingOptions } from "../record/start-recording.ts";
import { stallTimeoutMs } from "../recorder-limits.ts";
import { decodeHeader } from "../trace/header-codec.ts";
import { RunIndex } from "../trace/run-index.ts";
import { cutScript } from "./cut-script.ts";
import { ForkRecorder } from "./fork-recorder.ts";
import type { ForkedRecording, ForkPoint } from "./forked-recording.ts";

/** How a fork of a recorded run is started. */
export interface StartForkOptions extends Omit<StartRecordingOptions, "seed"> {
	/** The run that it begins as. */
	readonly run: RunId;
	/** How much of that run is served. */
	readonly at: ForkPoint;
	/**
	 * What a call is answered with that differs from the one on record: `stop` fails it and all others with `DIVERGENCE`; `go-live` executes
	 * it, and everything after it.
	 */
	readonly onDivergence: "stop" | "go-live";
	/** Told what each served call changed, in the order in which the calls ended, before the program gets their results. */
	readonly onServedChange: (change: StoredChange) => void;
	/** Milliseconds without progress after which a program that waits for the tape has stalled; 2,000 by default. */
	readonly stallTimeoutMs?: number;
}

/**
 * Begins a run that starts as a recorded one did: a child of it with a log of its own, complete from the first event. The
 * recorded run may be one that was cut off, and is not written to. Throws `RUN_NOT_FOUND`, `TRACE_TAMPERED`, and `USAGE` for a
 * point that it does not have, all before the child is on record.
 */
export function startFork(options: StartForkOptions): ForkedRecording {
	const { store, run, at, onDivergence, onServedChange } = options;
	const index = new RunIndex(store, store.runs.get(run));
	const { seed } = decodeHeader(index.run.header);
	const { prefix, asked } = cutScript(index, at);
	const whole = !index.cutOff && prefix.size === index.calls.size;
	const recording = beginRun({ ...options, seed, header: { ...options.header, parentRunId: run } });
	return new ForkRecorder({
		recording,
		prefix,
		asked,
		onDivergence,
		extraDiverges: whole && onDivergence === "go-live",
		stallTimeoutMs: options.stallTimeoutMs ?? stallTimeoutMs,
		onServedChange,
	});
}
