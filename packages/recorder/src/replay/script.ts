import type { CallAddress, CallIdentity } from "../trace/event.ts";
import type { RunIndex } from "../trace/run-index.ts";
import type { StoredIssued } from "../trace/stored-event.ts";

/**
 * How far a recorded call has come in this playback. `absent`: it is not played; `waiting`: the program has not made it; `in-flight`: made,
 * its end not delivered; `served`: ended; `abandoned`: the program made another call in its place, or never will make it.
 */
export type ScriptCallState = (typeof states)[number];

// By the number that is kept.
const states = ["absent", "waiting", "in-flight", "served", "abandoned"] as const;

/** How much of a run is played. */
export interface ScriptExtent {
	/** By ordinal: whether the call is played. */
	readonly plays: (ordinal: number) => boolean;
	/** Events from this log sequence on are not played. */
	readonly end: number;
	/** Nor are markers from this one on. */
	readonly markersEnd: number;
}

/** A recorded call and its progress. */
export class ScriptCall {
	/** Its place in the order of issue. */
	readonly ordinal: number;
	readonly #index: RunIndex;
	readonly #states: Uint8Array;

	constructor(ordinal: number, index: RunIndex, progress: Uint8Array) {
		this.ordinal = ordinal;
		this.#index = index;
		this.#states = progress;
	}

	get state(): ScriptCallState {
		return states[this.#states[this.ordinal] as number] as ScriptCallState;
	}

	set state(state: ScriptCallState) {
		this.#states[this.ordinal] = states.indexOf(state);
	}

	/** Its issue, read from the store. */
	get issued(): StoredIssued {
		return this.#index.issued(this.ordinal);
	}

	/** The log sequence of its issue. */
	get logSequence(): number {
		return this.#index.calls.issuedAt(this.ordinal);
	}

	/** When it was issued, milliseconds since the run began. */
	get atMs(): number {
		return this.#index.calls.issuedAtMs(this.ordinal);
	}

	/** Its number in its scope. */
	get sequence(): number {
		return this.#index.calls.sequence(this.ordinal);
	}

	isOf(identity: CallIdentity): boolean {
		return this.#index.calls.isOf(this.ordinal, identity);
	}

	isOfTool(tool: string): boolean {
		return this.#index.calls.isOfTool(this.ordinal, tool);
	}
}

/** A run, or its beginning, as it is played: the index of its log, and how far each call has come. */
export class Script {
	readonly index: RunIndex;
	/** How many calls it plays. */
	readonly size: number;
	/** Events from this log sequence on are not played. */
	readonly end: number;
	readonly #markersEnd: number;
	/** Log sequences of its savepoints and rollbacks. */
	readonly markers: readonly number[];
	readonly #states: Uint8Array;

	/** Plays the whole run, unless told otherwise. */
	constructor(
		index: RunIndex,
		extent: ScriptExtent = { plays: () => true, end: index.events, markersEnd: index.events },
	) {
		const { plays, end, markersEnd } = extent;
		const { size } = index.calls;
		this.index = index;
		this.end = end;
		this.#markersEnd = markersEnd;
		this.markers = markersEnd === index.events ? index.markers : index.markers.filter((at) => at < markersEnd);
		this.#states = new Uint8Array(size);
		let played = 0;
		for (let ordinal = 0; ordinal < size; ordinal++) {
			if (!plays(ordinal)) continue;
			this.#states[ordinal] = states.indexOf("waiting");
			played++;
		}
		this.size = played;
	}

	/** Whether it plays a savepoint or rollback of this log sequence. */
	hasMarker(sequence: number): boolean {
		return sequence < this.#markersEnd;
	}

	/** Finds the call that is played at an address; null for none. */
	find(address: CallAddress): ScriptCall | null {
		const ordinal = this.index.calls.find(address);
		return ordinal === null || this.#states[ordinal] === 0 ? null : this.#call(ordinal);
	}

	/** Lists the calls that the program has not made, in the order of issue. */
	*waiting(): Iterable<ScriptCall> {
		for (let ordinal = 0; ordinal < this.#states.length; ordinal++) {
			if (this.#isWaiting(ordinal)) yield this.#call(ordinal);
		}
	}

	/** Lists those of a scope. */
	*waitingIn(scope: string): Iterable<ScriptCall> {
		for (const ordinal of this.index.calls.ofScope(scope)) if (this.#isWaiting(ordinal)) yield this.#call(ordinal);
	}

	/** Lists those of an identity. */
	*waitingTwins(identity: CallIdentity): Iterable<ScriptCall> {
		for (const ordinal of this.index.calls.ofIdentity(identity)) {
			if (this.#isWaiting(ordinal)) yield this.#call(ordinal);
		}
	}

	#isWaiting(ordinal: number): boolean {
		return states[this.#states[ordinal] as number] === "waiting";
	}

	#call(ordinal: number): ScriptCall {
		return new ScriptCall(ordinal, this.index, this.#states);
	}
}
