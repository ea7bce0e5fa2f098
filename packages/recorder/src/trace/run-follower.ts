import type { RunId } from "@retake/base";
import type { RunRecord, Store } from "@retake/store";
import { addressKey } from "./address-key.ts";
import { chainStart } from "./chain.ts";
import { readEvent } from "./event-codec.ts";
import { GrowingTrace } from "./growing-trace.ts";
import type { TraceCall } from "./trace.ts";
import { eventUpgrade } from "./upgrade/upgrade.ts";
import { chainedEvents, type LogPosition } from "./verified-events.ts";

/** Follows a run that is being recorded, perhaps by another process. Each look reads only what was added since the last. */
export class RunFollower {
	readonly #store: Store;
	readonly #growing = new GrowingTrace();
	#run: RunRecord;
	#position: LogPosition;

	/** Throws `RUN_NOT_FOUND`. */
	constructor(store: Store, runId: RunId) {
		this.#store = store;
		this.#run = store.runs.get(runId);
		this.#position = { sequence: 0, chain: chainStart(this.#run.header) };
	}

	/** The run as it was at the last look; its state is `open` until it has ended. */
	get run(): RunRecord {
		return this.#run;
	}

	/** Returns the calls to which something has happened since, as they are now, each once. Throws `TRACE_TAMPERED`. */
	look(): readonly TraceCall[] {
		// Before the events: what ends a run is its last event.
		this.#run = this.#store.runs.get(this.#run.runId);
		const upgrade = eventUpgrade(this.#run.header, this.#store.blobs);
		const touched = new Map<string, TraceCall>();
		for (const { sequence, event, chain } of chainedEvents(this.#store, this.#run, this.#position)) {
			const call = this.#growing.add(sequence, readEvent(upgrade(event), this.#store.blobs));
			if (call !== null) touched.set(addressKey(call.address), call);
			this.#position = { sequence: sequence + 1, chain };
		}
		return [...touched.values()];
	}
}
