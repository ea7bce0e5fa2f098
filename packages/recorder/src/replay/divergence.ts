import { RetakeError } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import type { CallAddress, CallIdentity } from "../trace/event.ts";
import type { PointerDifference } from "../trace/pointer-differences.ts";

/**
 * In what a replay differs from its record. `missing`: a branch ended without a call that it made; `extra`: a call beyond the
 * record; `tool`, `input`, `schema`: another call at the same address; `order`: a recorded call made at another address, or a
 * marker out of turn; `stall`: the program waits for a delivery that comes after a call which it does not make;
 * `unconsumed`: the program ended before its record; `output`, `state`: a call executed again gave another result or tree.
 */
export type DivergenceKind =
	| "missing"
	| "extra"
	| "tool"
	| "input"
	| "schema"
	| "order"
	| "stall"
	| "unconsumed"
	| "output"
	| "state";

/** A call as a divergence tells of it. */
export interface CallSummary {
	readonly address: CallAddress;
	readonly identity: CallIdentity;
	readonly input: CanonicalValue;
}

/** One difference between a replay and its record. */
export interface Divergence {
	readonly kind: DivergenceKind;
	/** Where in the program; null where a marker is concerned. */
	readonly address: CallAddress | null;
	readonly message: string;
	readonly recorded: CallSummary | null;
	readonly actual: CallSummary | null;
	/** From the recorded input to the actual one; empty where there are not two. */
	readonly inputDifference: readonly PointerDifference[];
	/** Recorded calls, not served yet, that are most like the actual one. */
	readonly candidates: readonly CallSummary[];
	/** The calls that the program issued before, latest last. */
	readonly preceding: readonly CallSummary[];
}

/** Makes the error with which a diverged call fails; the divergence is its data. */
export function divergenceError(divergence: Divergence): RetakeError<Divergence> {
	return new RetakeError("DIVERGENCE", divergence.message, {
		data: divergence,
		remedy: "`retake diff` compares two runs; a program that was changed is recorded anew",
	});
}
