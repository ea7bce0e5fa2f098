import { sha256, type ValueHash } from "@retake/base";
import { type CanonicalValue, encodeCanonical } from "@retake/changeset";
import type { Store } from "@retake/store";
import { candidatesMax } from "../recorder-limits.ts";
import { readRedactionKey } from "../secrets/redaction-key.ts";
import { Redactor, type Secret } from "../secrets/redactor.ts";
import { type PointerDifference, pointerDifferences } from "../trace/pointer-differences.ts";
import type { Trace, TraceCall } from "../trace/trace.ts";

/** What recorded calls of one name are found by. */
export interface RecordedAnswersOptions {
	/** Holds the key with which secrets were replaced. */
	readonly store: Store;
	readonly trace: Trace;
	/** The name of the calls. */
	readonly tool: string;
	/** Those with which the run was recorded. */
	readonly secrets: readonly Secret[];
}

/** A recorded call that has not been taken, and in what its input differs from another one. */
export interface LikelyCall {
	readonly call: TraceCall;
	readonly difference: readonly PointerDifference[];
}

/**
 * A record's calls of one name, found by their input alone: for a program whose calls come from outside, where no scope tells them apart.
 * Equal ones are taken in the order in which they were issued. Nothing is found by likeness.
 */
export class RecordedAnswers {
	/** In the order of issue. */
	readonly calls: readonly TraceCall[];
	readonly #waiting: Map<ValueHash, TraceCall[]>;
	readonly #redactor: Redactor;

	constructor({ store, trace, tool, secrets }: RecordedAnswersOptions) {
		this.calls = trace.calls.filter(({ identity }) => identity.tool === tool);
		this.#waiting = Map.groupBy(this.calls, ({ identity }) => identity.inputHash);
		this.#redactor = new Redactor(secrets, readRedactionKey(store) ?? new Uint8Array());
	}

	/** Takes the first call with an equal input that has not been taken; null for none. Throws `NOT_SERIALISABLE`. */
	take(input: CanonicalValue): TraceCall | null {
		const hash = sha256(encodeCanonical(this.#redactor.value(input))) as ValueHash;
		return this.#waiting.get(hash)?.shift() ?? null;
	}

	/** Returns an input as it would have been recorded. */
	redacted(input: CanonicalValue): CanonicalValue {
		return this.#redactor.value(input);
	}

	/** Lists calls that have not been taken, those with the fewest differences first. */
	nearest(input: CanonicalValue): readonly LikelyCall[] {
		const redacted = this.#redactor.value(input);
		return this.unconsumed()
			.map((call) => ({ call, difference: pointerDifferences(call.input, redacted) }))
			.toSorted((a, b) => a.difference.length - b.difference.length)
			.slice(0, candidatesMax);
	}

	/** Lists the calls that have not been taken, in the order of issue. */
	unconsumed(): readonly TraceCall[] {
		return [...this.#waiting.values()].flat().toSorted((a, b) => a.issuedSequence - b.issuedSequence);
	}
}
