import { RetakeError } from "@retake/base";
import { identityKey, type Script, type ScriptCall } from "../replay/script.ts";
import { addressKey } from "../trace/address-key.ts";
import type { StoredEvent } from "../trace/stored-event.ts";
import type { ForkPoint } from "./forked-recording.ts";

/** The part of a script that a fork serves. */
export interface CutScript {
	readonly prefix: Script;
	/** The calls up to the point that was asked for, by `addressKey`; those that never ended are not in the prefix. */
	readonly asked: ReadonlySet<string>;
}

/**
 * Cuts a script down to what a fork serves: the events of the first calls, those that ended, and the markers before the first call that is
 * left out. Every call in it was issued before any that is left out, so a program can make them all without waiting
 * for one of those. Throws `USAGE` for a point that the record does not have.
 */
export function cutScript(script: Script, at: ForkPoint): CutScript {
	const inOrder = [...script.calls.values()];
	const ended = endedCalls(script.events);
	const asked = countOf(script, inOrder, at);
	const count = Math.min(asked, callsBeforeOpenChunk(script.events, ended));
	const served = inOrder.slice(0, count).filter(({ issued }) => ended.has(addressKey(issued.address)));
	const calls = new Map(served.map((call) => [addressKey(call.issued.address), call]));
	const firstLeftOut = inOrder[count]?.issued;
	const untilLeftOut = firstLeftOut === undefined ? script.events.length : script.events.indexOf(firstLeftOut);
	// What comes after the last served call happens again just as well, and the program is free to do something else.
	const untilServed = script.events.findLastIndex((event) => isServed(event, calls));
	const end = Math.min(untilLeftOut, untilServed);
	const events = script.events.filter((event, index) => {
		if (event.kind === "marker") return event.name !== "end" && index < end;
		return isServed(event, calls);
	});
	return {
		prefix: {
			...script,
			events,
			chains: [],
			calls,
			callsByIdentity: Map.groupBy(served, ({ issued }) => identityKey(issued.identity)),
			callsByScope: Map.groupBy(served, ({ issued }) => issued.address.scope),
		},
		asked: new Set(inOrder.slice(0, asked).map(({ issued }) => addressKey(issued.address))),
	};
}

function isServed(event: StoredEvent, calls: ReadonlyMap<string, ScriptCall>): boolean {
	return event.kind !== "marker" && calls.has(addressKey(event.address));
}

function endedCalls(events: readonly StoredEvent[]): ReadonlySet<string> {
	const ended = events.filter((event) => event.kind === "settled" || event.kind === "cancelled");
	return new Set(ended.map(({ address }) => addressKey(address)));
}

/** What the program did after it saw a part of an output whose call never ended, it may have done because of it. */
function callsBeforeOpenChunk(events: readonly StoredEvent[], ended: ReadonlySet<string>): number {
	const first = events.findIndex((event) => event.kind === "chunk" && !ended.has(addressKey(event.address)));
	if (first === -1) return Number.POSITIVE_INFINITY;
	return events.slice(0, first).filter(({ kind }) => kind === "issued").length;
}

function countOf(script: Script, inOrder: readonly ScriptCall[], at: ForkPoint): number {
	const { length } = inOrder;
	switch (at.kind) {
		case "all":
			return length;
		case "calls":
			if (Number.isInteger(at.count) && at.count >= 0 && at.count <= length) return at.count;
			throw noSuchPoint(`run ${script.run.runId} has ${length} calls, so it cannot be forked after ${at.count}`);
		case "before": {
			const key = addressKey(at.address);
			const index = inOrder.findIndex(({ issued }) => addressKey(issued.address) === key);
			if (index !== -1) return index;
			throw noSuchPoint(`run ${script.run.runId} has no call at ${key}`);
		}
	}
}

function noSuchPoint(message: string): RetakeError {
	return new RetakeError("USAGE", message, {
		sort: "misuse",
		remedy: "`retake show RUN` lists the run's calls and their addresses",
	});
}
