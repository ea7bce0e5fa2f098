import { type Clock, type Randomness, RetakeError } from "@retake/base";
import type { Tape, TapeReadings } from "./call-port.ts";
import { type StreamSeed, streamBytes, toFraction, toUuid } from "./random-streams.ts";
import type { ScopeTree } from "./scope-tree.ts";
import { monotonicCall, nowCall, randomCall, uuidCall } from "./value-call.ts";

/** What the values of a tape come from. */
export interface TapeValuesParts {
	readonly scopes: ScopeTree;
	/** Null for a run that has every drawn value on record. */
	readonly seed: StreamSeed | null;
	/** Read by calls that are executed. */
	readonly clock: Pick<Clock, "now">;
	/** Milliseconds since the run began, with fractions. */
	readonly elapsedMs: () => number;
	readonly randomness: Randomness;
	readonly call: Tape["call"];
}

/** The clocks and streams of a tape: readings are calls on record; what is drawn comes from the seed, on both sides alike. */
export class TapeValues implements TapeReadings {
	readonly #parts: TapeValuesParts;

	constructor(parts: TapeValuesParts) {
		this.#parts = parts;
	}

	async now(): Promise<number> {
		const { call, clock } = this.#parts;
		return (await call(nowCall(clock))).value as number;
	}

	async monotonic(): Promise<number> {
		const { call, elapsedMs } = this.#parts;
		return (await call(monotonicCall(elapsedMs))).value as number;
	}

	async random(name: string): Promise<number> {
		const { call, seed, scopes, randomness } = this.#parts;
		if (seed === null) return (await call(randomCall(randomness, name))).value as number;
		return toFraction(streamBytes(seed, scopes.draw("random", name)));
	}

	async uuid(): Promise<string> {
		const { call, seed, scopes, randomness } = this.#parts;
		if (seed === null) return (await call(uuidCall(randomness))).value as string;
		return toUuid(streamBytes(seed, scopes.draw("uuid", "")));
	}
}

/** Stands where a playback, which executes nothing, has neither clocks nor randomness. */
export const nothingToRead: Pick<TapeValuesParts, "clock" | "elapsedMs" | "randomness"> = {
	clock: { now: neverDrawn },
	elapsedMs: neverDrawn,
	randomness: { bytes: neverDrawn },
};

function neverDrawn(): never {
	throw new RetakeError("BUG", "a playback drew a value of its own", { sort: "bug" });
}
