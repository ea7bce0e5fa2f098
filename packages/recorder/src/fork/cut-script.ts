import { RetakeError } from "@retake/base";
import { Script } from "../replay/script.ts";
import { addressKey } from "../trace/address-key.ts";
import type { RunIndex } from "../trace/run-index.ts";
import type { ForkPoint } from "./forked-recording.ts";

/** The part of a run that a fork serves. */
export interface CutScript {
	readonly prefix: Script;
	/** How many calls there are up to the point that was asked for; those that never ended are not in the prefix. */
	readonly asked: number;
}

/**
 * Cuts a run down to what a fork serves: the events of the first calls, those that ended, and the markers before the first call that is
 * left out. Every call in it was issued before any that is left out, so a program can make them all without waiting
 * for one of those. Throws `USAGE` for a point that the record does not have.
 */
export function cutScript(index: RunIndex, at: ForkPoint): CutScript {
	const { calls } = index;
	const asked = countOf(index, at);
	const count = Math.min(asked, callsBeforeOpenChunk(index));
	const untilLeftOut = count < calls.size ? calls.issuedAt(count) : index.events;
	// What comes after the last served call happens again just as well, and the program is free to do something else.
	let untilServed = -1;
	for (let ordinal = 0; ordinal < count; ordinal++) {
		untilServed = Math.max(untilServed, calls.endedAt(ordinal) ?? -1);
	}
	const prefix = new Script(index, {
		plays: (ordinal) => ordinal < count && calls.endedAt(ordinal) !== null,
		end: untilServed + 1,
		markersEnd: Math.max(0, Math.min(untilLeftOut, untilServed)),
	});
	return { prefix, asked };
}

/** What the program did after it saw a part of an output whose call never ended, it may have done because of it. */
function callsBeforeOpenChunk(index: RunIndex): number {
	const { calls } = index;
	const isOpen = (ordinal: number) => calls.hasChunks(ordinal) && calls.endedAt(ordinal) === null;
	let from = Number.POSITIVE_INFINITY;
	for (let ordinal = 0; ordinal < calls.size; ordinal++) {
		if (isOpen(ordinal)) from = Math.min(from, calls.issuedAt(ordinal));
	}
	// Its first part comes after its issue.
	for (let sequence = from; sequence < index.events; sequence++) {
		const { event } = index.at(sequence);
		if (event.kind !== "chunk") continue;
		const ordinal = calls.find(event.address);
		if (ordinal !== null && isOpen(ordinal)) return callsBefore(index, sequence);
	}
	return Number.POSITIVE_INFINITY;
}

function callsBefore({ calls }: RunIndex, sequence: number): number {
	let count = 0;
	while (count < calls.size && calls.issuedAt(count) < sequence) count++;
	return count;
}

function countOf(index: RunIndex, at: ForkPoint): number {
	const { runId } = index.run;
	const { size } = index.calls;
	switch (at.kind) {
		case "all":
			return size;
		case "calls":
			if (Number.isInteger(at.count) && at.count >= 0 && at.count <= size) return at.count;
			throw noSuchPoint(`run ${runId} has ${size} calls, so it cannot be forked after ${at.count}`);
		case "before": {
			const ordinal = index.calls.find(at.address);
			if (ordinal !== null) return ordinal;
			throw noSuchPoint(`run ${runId} has no call at ${addressKey(at.address)}`);
		}
	}
}

function noSuchPoint(message: string): RetakeError {
	return new RetakeError("USAGE", message, {
		sort: "misuse",
		remedy: "`retake show RUN` lists the run's calls and their addresses",
	});
}
