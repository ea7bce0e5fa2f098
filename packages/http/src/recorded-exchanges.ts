import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import type { CanonicalValue } from "@retake/changeset";
import {
	addressKey,
	type CallAddress,
	canonicalRequest,
	fromRecordedError,
	type LikelyCall,
	type PointerDifference,
	type RecordedAnswers,
	type TraceCall,
} from "@retake/recorder";
import { DeliveryOrder } from "./delivery-order.ts";
import type { Answer, Exchanges, ReceivedRequest, Trailers } from "./exchanges.ts";
import { cancellationTimeoutMs, missesMax } from "./http-limits.ts";

/** A request that the record does not answer. */
export interface MissedRequest {
	readonly request: CanonicalValue;
	/** The recorded request most like it that had not been served; null where none was left. */
	readonly nearest: { readonly address: CallAddress; readonly difference: readonly PointerDifference[] } | null;
}

/** What became of a record's exchanges. */
export interface ExchangesReport {
	readonly recorded: number;
	readonly served: number;
	/** At most `missesMax`. */
	readonly missed: readonly MissedRequest[];
	/** Recorded, and not asked for. */
	readonly unconsumed: readonly CallAddress[];
}

/**
 * Answers requests from a record, each by the recorded request that is equal to it, in the order of issue among equals. What is not on
 * record is answered with an error and never sent anywhere.
 */
export class RecordedExchanges implements Exchanges {
	readonly #answers: RecordedAnswers;
	readonly #order: DeliveryOrder;
	readonly #missed: MissedRequest[] = [];
	#served = 0;

	constructor(answers: RecordedAnswers) {
		this.#answers = answers;
		this.#order = new DeliveryOrder(answers.calls.flatMap(placesOf));
	}

	/** Says what has been served so far. */
	report(): ExchangesReport {
		return {
			recorded: this.#answers.calls.length,
			served: this.#served,
			missed: this.#missed,
			unconsumed: this.unconsumed().map(({ address }) => address),
		};
	}

	async exchange(request: ReceivedRequest, answer: Answer, gone: AbortSignal): Promise<Trailers> {
		const call = this.take(request);
		if (call === null) throw this.#miss(canonicalRequest(request.parts));
		return this.serve(call, answer, gone);
	}

	/** Takes the recorded exchange of an equal request; null for none. Whoever takes it serves it, or lets it pass. */
	take(request: ReceivedRequest): TraceCall | null {
		const call = this.#answers.take(canonicalRequest(request.parts));
		if (call !== null) this.#order.past(call.issuedSequence);
		return call;
	}

	/** Hands a recorded response on, as it came and ended. */
	async serve(call: TraceCall, answer: Answer, gone: AbortSignal): Promise<Trailers> {
		try {
			return await this.#handOn(call, answer, gone);
		} finally {
			this.#served++;
			this.pass(call);
		}
	}

	/** Says that nothing more comes of an exchange that was taken. */
	pass(call: TraceCall): void {
		for (const place of placesOf(call)) this.#order.past(place);
	}

	/** Lists what was not taken, in the order of issue. */
	unconsumed(): readonly TraceCall[] {
		return this.#answers.unconsumed();
	}

	/** Says of a request that is not on record what there is instead. */
	explain(request: ReceivedRequest): { readonly message: string; readonly nearest: LikelyCall | null } {
		return this.#explain(canonicalRequest(request.parts));
	}

	async #handOn(call: TraceCall, answer: Answer, gone: AbortSignal): Promise<Trailers> {
		for (const { stream, bytes, logSequence } of call.chunks) {
			await this.#order.reach(logSequence);
			if (gone.aborted) throw goneAway();
			answer.piece(stream, bytes);
			this.#order.past(logSequence);
			await answer.ready();
			// A piece is written by itself only where the next one comes in another turn.
			await nextTurn();
		}
		if (call.settledSequence !== null && call.outcome.kind !== "cancelled")
			await this.#order.reach(call.settledSequence);
		return endOf(call, gone);
	}

	#explain(asked: CanonicalValue): { readonly message: string; readonly nearest: LikelyCall | null } {
		const [nearest = null] = this.#answers.nearest(asked);
		const { method, url } = this.#answers.redacted(asked) as { readonly method: string; readonly url: string };
		const like = nearest === null ? "" : `; nearest is call ${addressKey(nearest.call.address)}`;
		return { message: `${method} ${url} is not on record${like}`, nearest };
	}

	#miss(asked: CanonicalValue): RetakeError {
		const { message, nearest } = this.#explain(asked);
		const request = this.#answers.redacted(asked);
		const known = nearest === null ? null : { address: nearest.call.address, difference: nearest.difference };
		if (this.#missed.length < missesMax) this.#missed.push({ request, nearest: known });
		return new RetakeError("DIVERGENCE", message, {
			data: { nearest: known },
			remedy: "a program that was changed is recorded anew",
		});
	}
}

/** The places in the log at which a call was issued, delivered and ended. A cancellation is the program's own, and waits for nothing. */
function placesOf({ issuedSequence, chunks, settledSequence, outcome }: TraceCall): number[] {
	const end = settledSequence === null || outcome.kind === "cancelled" ? [] : [settledSequence];
	return [issuedSequence, ...chunks.map(({ logSequence }) => logSequence), ...end];
}

async function endOf({ outcome }: TraceCall, gone: AbortSignal): Promise<Trailers> {
	switch (outcome.kind) {
		case "result":
			return outcome.value as unknown as Trailers;
		case "error":
			throw fromRecordedError(outcome.error);
		case "cancelled":
			// It went away here; until it does so again it gets no more.
			await once(gone, "abort", { signal: AbortSignal.timeout(cancellationTimeoutMs) }).catch(() => null);
			throw goneAway();
		case "in-flight":
			throw new RetakeError("INTERRUPTED", "the record was cut off here");
	}
}

function goneAway(): RetakeError {
	return new RetakeError("INTERRUPTED", "the process has gone away");
}
