import type { ChainHash } from "@retake/base";
import type { RunRecord, Store } from "@retake/store";
import { addressKey } from "../trace/address-key.ts";
import { chainStart } from "../trace/chain.ts";
import type { CallIdentity } from "../trace/event.ts";
import type { StoredEvent, StoredIssued } from "../trace/stored-event.ts";
import { eventUpgrade } from "../trace/upgrade/upgrade.ts";
import { verifiedEvents } from "../trace/verified-events.ts";

/**
 * How far a recorded call has come in this playback. `waiting`: the program has not made it; `in-flight`: made, its end not
 * delivered; `served`: ended; `abandoned`: the program made another call in its place, or never will make it.
 */
export type ScriptCallState = "waiting" | "in-flight" | "served" | "abandoned";

/** A recorded call and its progress. */
export interface ScriptCall {
	readonly issued: StoredIssued;
	state: ScriptCallState;
}

/** A run's log, checked and indexed for playing. */
export interface Script {
	readonly run: RunRecord;
	readonly events: readonly StoredEvent[];
	/** The chain after each event, as it was checked when the log was read. */
	readonly chains: readonly ChainHash[];
	/** By `addressKey`. */
	readonly calls: ReadonlyMap<string, ScriptCall>;
	/** By `identityKey`, in the order of issue. */
	readonly callsByIdentity: ReadonlyMap<string, readonly ScriptCall[]>;
	/** By scope, in the order of issue. */
	readonly callsByScope: ReadonlyMap<string, readonly ScriptCall[]>;
	readonly rootHash: ChainHash;
	/** Whether the log ends without the run's end. */
	readonly cutOff: boolean;
}

/** Reads a run's log for playing. Throws `TRACE_TAMPERED` where its chain does not hold. */
export function readScript(store: Store, run: RunRecord): Script {
	const events: StoredEvent[] = [];
	const chains: ChainHash[] = [];
	const calls = new Map<string, ScriptCall>();
	const upgrade = eventUpgrade(run.header, store.blobs);
	let rootHash = chainStart(run.header);
	for (const { event, chain } of verifiedEvents(store, run)) {
		events.push(upgrade(event));
		chains.push(chain);
		rootHash = chain;
		if (event.kind === "issued") calls.set(addressKey(event.address), { issued: event, state: "waiting" });
	}
	const inOrder = [...calls.values()];
	const last = events.at(-1);
	return {
		run,
		events,
		chains,
		calls,
		callsByIdentity: Map.groupBy(inOrder, ({ issued }) => identityKey(issued.identity)),
		callsByScope: Map.groupBy(inOrder, ({ issued }) => issued.address.scope),
		rootHash,
		cutOff: !(last?.kind === "marker" && last.name === "end"),
	};
}

/** Writes an identity as a key: equal identities, equal keys. */
export function identityKey({ kind, tool, schemaHash, inputHash }: CallIdentity): string {
	return `${inputHash} ${schemaHash} ${kind} ${tool}`;
}
