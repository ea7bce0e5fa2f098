import { type ChainHash, type Clock, type Randomness, RetakeError, type RunId } from "@retake/base";
import { type CanonicalValue, encodeCanonical } from "@retake/changeset";
import type { Reference, Store } from "@retake/store";
import { type IdentifiedCall, identifyCall } from "../call-identity.ts";
import type { CallRequest, Delivered } from "../call-port.ts";
import type { StreamSeed } from "../random-streams.ts";
import type { ScopeTree } from "../scope-tree.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { TapeValues } from "../tape-values.ts";
import type { CallAddress } from "../trace/event.ts";
import { encodeOutcome } from "../trace/run-outcome.ts";
import type { StoredIssued } from "../trace/stored-event.ts";
import type { TurnQueue } from "../turn-queue.ts";
import type { EventLog } from "./event-log.ts";
import { LiveCall } from "./live-call.ts";
import type { Recording, RecordingEnd } from "./recording.ts";

/** What a recorder works with. */
export interface RecorderParts {
	readonly store: Store;
	readonly clock: Clock;
	readonly randomness: Randomness;
	readonly runId: RunId;
	readonly redactor: Redactor;
	readonly log: EventLog;
	/** Makes the deliveries. */
	readonly turns: TurnQueue;
	/** What random numbers are drawn from; null where each is recorded. */
	readonly seed: StreamSeed | null;
	/** Gives the calls their addresses. */
	readonly scopes: ScopeTree;
}

/** Executes calls and writes them down, in the order in which the program saw them. */
export class Recorder implements Recording {
	readonly runId: RunId;
	readonly values: TapeValues;
	readonly #parts: RecorderParts;
	readonly #inFlight = new Set<Promise<unknown>>();
	readonly #neverCancelled = new AbortController().signal;
	#closed = false;

	constructor(parts: RecorderParts) {
		this.runId = parts.runId;
		this.#parts = parts;
		this.values = new TapeValues({
			...parts,
			elapsedMs: () => parts.log.elapsedMs(),
			call: (request) => this.call(request),
		});
	}

	async call(request: CallRequest): Promise<Delivered> {
		this.#refuseWhenClosed();
		const identified = identifyCall(request, this.#parts.redactor);
		return this.callAt(this.#parts.scopes.issue(), identified, request);
	}

	/** Issues a call whose address has been given already. */
	async callAt(address: CallAddress, { identity, input }: IdentifiedCall, request: CallRequest): Promise<Delivered> {
		this.#refuseWhenClosed();
		const { log, redactor, turns } = this.#parts;
		const atMs = log.atMs();
		const issued: StoredIssued = { kind: "issued", address, identity, payload: log.payload(input), atMs };
		const call = new LiveCall(
			{ log, turns, redactor, isAlone: () => this.#inFlight.size <= 1 },
			address,
			atMs,
			request,
		);
		const alone = this.#inFlight.size === 0;
		const safe = new Promise<void>((written, refused) => {
			log.did({ event: () => issued, written: () => written(), refused, alone }, input.byteLength);
		});
		const ended = safe.then(() => {
			this.#execute(call, request);
			return call.ended;
		});
		this.#inFlight.add(ended);
		try {
			return await ended;
		} finally {
			this.#inFlight.delete(ended);
		}
	}

	async parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]> {
		return this.#parts.scopes.parallel(branches);
	}

	async scope<Value>(name: string, body: () => Promise<Value>): Promise<Value> {
		return this.#parts.scopes.named(name, body);
	}

	marker(name: "savepoint" | "rollback-to", value: CanonicalValue): void {
		this.#refuseWhenClosed();
		const { log, redactor } = this.#parts;
		const payload = log.payload(encodeCanonical(redactor.value(value)));
		log.append((atMs) => ({ kind: "marker", name, payload, atMs }));
	}

	async finish({ state, ...end }: RecordingEnd): Promise<ChainHash> {
		this.#refuseWhenClosed();
		while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
		this.#refuseWhenClosed();
		this.#closed = true;
		const { store, clock, log, redactor } = this.#parts;
		const outcome = { ...end, verdict: redactor.text(end.verdict) };
		store.atomically(() => {
			const payload = log.payload(encodeOutcome(outcome));
			const { attributesId = null } = outcome;
			const references: Reference[] = attributesId === null ? [] : [{ kind: "blob", id: attributesId }];
			log.append((atMs) => ({ kind: "marker", name: "end", payload, atMs }), references);
			store.runs.end(this.runId, { ...outcome, state, endedAt: clock.now(), rootHash: log.chain });
		});
		return log.chain;
	}

	#execute(call: LiveCall, request: CallRequest): void {
		const { signal = this.#neverCancelled } = request;
		if (signal.aborted) {
			call.cancel(signal.reason);
			return;
		}
		const context = { chunk: (stream: string, bytes: Uint8Array) => call.chunk(stream, bytes), signal };
		this.#parts.scopes
			.insideCall(async () => request.execute(context))
			.then(
				(executed) => call.succeed(executed),
				(thrown: unknown) => call.fail(thrown),
			);
	}

	#refuseWhenClosed(): void {
		if (!this.#closed) return;
		throw new RetakeError("SESSION_CLOSED", `the recording of run ${this.runId} has ended`, {
			sort: "misuse",
			remedy: "start another recording",
		});
	}
}
