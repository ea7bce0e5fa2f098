import type { RunId } from "@retake/base";
import type { Store } from "@retake/store";
import { decodeEvent } from "./event-codec.ts";
import { payloadBytes } from "./payload.ts";
import { decodeOutcome, type RunOutcome } from "./run-outcome.ts";

/** Reads how a run ended from its last event alone, without checking its chain; null for a run that is open or was cut off. */
export function readOutcome(store: Store, runId: RunId): RunOutcome | null {
	const count = store.events.count(runId);
	for (const { bytes } of store.events.read(runId, Math.max(0, count - 1))) {
		const event = decodeEvent(bytes);
		if (event.kind === "marker" && event.name === "end") return decodeOutcome(payloadBytes(event.payload, store.blobs));
	}
	return null;
}
