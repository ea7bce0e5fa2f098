import type { RunId } from "@retake/base";
import type { Store } from "@retake/store";
import { stallTimeoutMs } from "../recorder-limits.ts";
import { readRedactionKey } from "../secrets/redaction-key.ts";
import { Redactor, type Secret } from "../secrets/redactor.ts";
import type { Playback } from "./playback.ts";
import { Player } from "./player.ts";
import { readScript } from "./script.ts";

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
}

/**
 * Begins to play a recorded run. Nothing is executed, and nothing outside the store is read. Throws `RUN_NOT_FOUND`, and
 * `TRACE_TAMPERED` before anything is served.
 */
export function startPlayback(options: StartPlaybackOptions): Playback {
	const { store, policy, secrets = [] } = options;
	const script = readScript(store, store.runs.get(options.run));
	// Without a key no secret was ever replaced in this store, and no placeholder can match.
	const redactor = new Redactor(secrets, readRedactionKey(store) ?? new Uint8Array());
	return new Player({
		script,
		blobs: store.blobs,
		redactor,
		policy,
		stallTimeoutMs: options.stallTimeoutMs ?? stallTimeoutMs,
	});
}
