import { type ChainHash, isRetakeError, type RunId } from "@retake/base";
import type { Store } from "@retake/store";
import { chainStart } from "./chain.ts";
import { payloadBytes } from "./payload.ts";
import { tampered, verifiedEvents } from "./verified-events.ts";

/** A run whose log is what was written. */
export interface VerifiedRun {
	readonly events: number;
	readonly rootHash: ChainHash;
}

/**
 * Checks a run's header, every event, every payload that lies in the blob store and the listing against the hash chain.
 * Throws `TRACE_TAMPERED` with `{ runId, sequence, reason }` for the first that does not hold. Whoever can rewrite the whole
 * store can forge a chain: `head`, a root hash kept elsewhere, detects that too.
 */
export function verifyChain(store: Store, runId: RunId, head?: ChainHash): VerifiedRun {
	const run = store.runs.get(runId);
	let events = 0;
	let rootHash = chainStart(run.header);
	for (const { sequence, event, chain } of verifiedEvents(store, run)) {
		if ("payload" in event && event.payload.kind === "blob") {
			try {
				payloadBytes(event.payload, store.blobs);
			} catch (cause) {
				if (!isRetakeError(cause, "BLOB_NOT_FOUND") && !isRetakeError(cause, "STORE_DAMAGED")) throw cause;
				throw tampered(runId, sequence, "the bytes that the event refers to are not there as recorded", cause);
			}
		}
		rootHash = chain;
		events = sequence + 1;
	}
	if (head !== undefined && head !== rootHash)
		throw tampered(runId, events, "the log does not end with the given head");
	return { events, rootHash };
}
