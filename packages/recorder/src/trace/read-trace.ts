import type { ChainHash, RunId } from "@retake/base";
import type { Store } from "@retake/store";
import { chainStart } from "./chain.ts";
import { readEvent } from "./event-codec.ts";
import { GrowingTrace } from "./growing-trace.ts";
import { decodeHeader } from "./header-codec.ts";
import type { Trace } from "./trace.ts";
import { eventUpgrade } from "./upgrade/upgrade.ts";
import { verifiedEvents } from "./verified-events.ts";

/** Reads a whole run into memory, its chain checked. Throws `RUN_NOT_FOUND`, `TRACE_TAMPERED`, `BLOB_NOT_FOUND`. */
export function readTrace(store: Store, runId: RunId): Trace {
	const run = store.runs.get(runId);
	const upgrade = eventUpgrade(run.header, store.blobs);
	const growing = new GrowingTrace();
	let rootHash: ChainHash = chainStart(run.header);
	for (const { sequence, event, chain } of verifiedEvents(store, run)) {
		rootHash = chain;
		growing.add(sequence, readEvent(upgrade(event), store.blobs));
	}
	const { calls, markers } = growing;
	const complete = markers.at(-1)?.name === "end";
	return { header: decodeHeader(run.header), calls, markers, rootHash, complete };
}
