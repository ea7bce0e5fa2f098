import { RetakeError, type RunId } from "@retake/base";
import type { Store } from "@retake/store";
import { stallTimeoutMs } from "../recorder-limits.ts";
import { readRedactionKey } from "../secrets/redaction-key.ts";
import { Redactor, type Secret } from "../secrets/redactor.ts";
import { RunIndex } from "../trace/run-index.ts";
import { Pace, type PaceOptions } from "./pace.ts";
import type { Playback } from "./playback.ts";
import { Player } from "./player.ts";
import { Script } from "./script.ts";

/** How a playback is started. */
export interface StartPlaybackOptions {
	/** May be open for reading only. */
	readonly store: Store;
	readonly run: RunId;
	/** `strict`: the first divergence ends it. `report`: diverged calls fail, and calls that match exactly are still served. */
	readonly policy: "strict" | "report";
	/** Those with which the run was recorded. */
	readonly secrets?: readonly Secret[];
	/**
	 * Milliseconds without progress after which a program that waits for the tape has stalled; 2,000 by default. Infinity for a program that
	 * itself waits for somebody: then only what is in flight at its end can stall.
	 */
	readonly stallTimeoutMs?: number;
	/** Reproduces the recorded delays; where absent, deliveries are made as fast as the program takes them. */
	readonly pace?: PaceOptions;
}

/**
 * Begins to play a recorded run. Nothing is executed, and nothing outside the store is read. Throws `RUN_NOT_FOUND`, and
 * `TRACE_TAMPERED` before anything is served, and `USAGE` for a time scale that is no number from 0 up.
 */
export function startPlayback(options: StartPlaybackOptions): Playback {
	const { store, policy, secrets = [], pace = null } = options;
	if (pace !== null) refuseBadTimeScale(pace);
	const script = new Script(new RunIndex(store, store.runs.get(options.run)));
	// Without a key no secret was ever replaced in this store, and no placeholder can match.
	const redactor = new Redactor(secrets, readRedactionKey(store) ?? new Uint8Array());
	return new Player({
		script,
		blobs: store.blobs,
		redactor,
		policy,
		stallTimeoutMs: options.stallTimeoutMs ?? stallTimeoutMs,
		pace: new Pace(pace),
	});
}

function refuseBadTimeScale({ timeScale }: PaceOptions): void {
	if (Number.isFinite(timeScale) && timeScale >= 0) return;
	throw new RetakeError("USAGE", `a time scale of ${timeScale} cannot be played`, {
		sort: "misuse",
		remedy: "name a number from 0 (as fast as it goes) up; 1 is as it was recorded",
	});
}
