import { RetakeError, type RunId } from "@retake/base";
import { type BlobReader, type CanonicalValue, decodeCanonical, encodeCanonical } from "@retake/changeset";
import { identifyCall } from "../call-identity.ts";
import type { CallRequest, Delivered } from "../call-port.ts";
import { divergencesMax, precedingMax, stallTimeoutMs } from "../recorder-limits.ts";
import { ScopeTree } from "../scope-tree.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { nothingToRead, TapeValues } from "../tape-values.ts";
import { addressKey } from "../trace/address-key.ts";
import { decodeHeader } from "../trace/header-codec.ts";
import { payloadBytes } from "../trace/payload.ts";
import type { RunIndex } from "../trace/run-index.ts";
import { decodeOutcome, encodeOutcome, type RunOutcome } from "../trace/run-outcome.ts";
import type { StoredEvent, StoredIssued, StoredMarker } from "../trace/stored-event.ts";
import { TurnQueue } from "../turn-queue.ts";
import { type CallSummary, type Divergence, type DivergenceKind, divergenceError } from "./divergence.ts";
import { describeDivergence, explainMismatch, summarise } from "./explain-mismatch.ts";
import type { Pace } from "./pace.ts";
import type { Playback, PlaybackReport } from "./playback.ts";
import { ReplayedCall } from "./replayed-call.ts";
import type { Script, ScriptCall } from "./script.ts";
import { type BlockedStep, ScriptCursor } from "./script-cursor.ts";
import { StallTimer } from "./stall-timer.ts";

/** What a player works with. */
export interface PlayerParts {
	readonly script: Script;
	readonly blobs: BlobReader;
	readonly redactor: Redactor;
	readonly policy: "strict" | "report";
	readonly stallTimeoutMs: number;
	/** How long deliveries wait. */
	readonly pace: Pace;
}

/** Serves recorded calls, in the order in which they were delivered, to a program that must ask for the same ones. */
export class Player implements Playback {
	readonly runId: RunId;
	readonly index: RunIndex;
	readonly values: TapeValues;
	readonly #parts: PlayerParts;
	readonly #scopes = new ScopeTree();
	readonly #turns = new TurnQueue();
	readonly #inFlight = new Map<string, ReplayedCall>();
	readonly #cursor: ScriptCursor;
	readonly #stall: StallTimer;
	readonly #preceding: StoredIssued[] = [];
	readonly #divergences: Divergence[] = [];
	#markersMade = 0;
	#served = 0;
	#turnScheduled = false;
	#due: NodeJS.Timeout | null = null;
	#blocked: BlockedStep | null = null;

	constructor(parts: PlayerParts) {
		const { script, blobs, stallTimeoutMs, pace } = parts;
		this.index = script.index;
		this.runId = script.index.run.runId;
		this.values = new TapeValues({
			scopes: this.#scopes,
			seed: decodeHeader(script.index.run.header).seed,
			...nothingToRead,
			call: (request) => this.call(request),
		});
		this.#parts = parts;
		this.#cursor = new ScriptCursor(script, blobs, this.#inFlight, undefined, pace);
		this.#stall = new StallTimer(stallTimeoutMs, () => this.#stalled());
	}

	async call(request: CallRequest): Promise<Delivered> {
		const { script, redactor } = this.#parts;
		const { identity, input } = identifyCall(request, redactor);
		const address = this.#scopes.issue();
		this.#refuseAfterDivergence();
		const scripted = script.find(address);
		const atMs = scripted?.atMs ?? 0;
		const issued: StoredIssued = { kind: "issued", address, identity, payload: this.#cursor.payload(input), atMs };
		if (scripted === null && script.index.cutOff) throw recordEnds();
		const same = scripted?.isOf(identity) === true;
		if (!same || scripted.state !== "waiting") {
			const actual = { address, identity, input: decodeCanonical(input) };
			const preceding = this.#summarisePreceding();
			const divergence = explainMismatch(script, this.#parts.blobs, actual, scripted, preceding);
			if (scripted !== null) scripted.state = "abandoned";
			this.#cursor.fold(issued);
			throw this.#diverge(divergence);
		}
		return this.#await(new ReplayedCall(scripted, request), issued);
	}

	async parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]> {
		return this.#scopes.parallel(branches, (scope) => this.#branchEnded(scope));
	}

	async scope<Value>(name: string, body: () => Promise<Value>): Promise<Value> {
		return this.#scopes.named(name, body, (scope) => this.#branchEnded(scope));
	}

	marker(name: "savepoint" | "rollback-to", value: CanonicalValue): void {
		this.#refuseAfterDivergence();
		const bytes = encodeCanonical(this.#parts.redactor.value(value));
		const { index, markers } = this.#parts.script;
		const sequence = markers[this.#markersMade++];
		if (sequence === undefined && index.cutOff) throw recordEnds();
		if (sequence === undefined) throw this.#diverge(this.#describe("extra", `the program makes another ${name}`));
		const recorded = index.marker(sequence);
		const event: StoredMarker = { ...recorded, name, payload: this.#cursor.payload(bytes) };
		if (recorded.name !== name || !Buffer.from(bytes).equals(payloadBytes(recorded.payload, this.#parts.blobs))) {
			this.#cursor.passOver(sequence);
			this.#cursor.fold(event);
			const kind = recorded.name === name ? "input" : "order";
			throw this.#diverge(
				this.#describe(kind, `the program makes a ${name} that is not the recorded ${recorded.name}`),
			);
		}
		this.#cursor.made(sequence, event);
		this.#advance();
	}

	async finish(outcome?: RunOutcome): Promise<PlaybackReport> {
		// The program has ended: whoever it may have waited for will do nothing more.
		if (this.#inFlight.size > 0) this.#stall.hasten(stallTimeoutMs);
		while (this.#inFlight.size > 0) await Promise.allSettled([...this.#inFlight.values()].map(({ ended }) => ended));
		if (!this.#stopped) this.#reportUnconsumed();
		// Deliveries that nobody waits for any more still have their place in the chain.
		this.#cursor.step();
		const { script } = this.#parts;
		const { index } = script;
		if (this.#divergences.length === 0 && !index.cutOff) {
			const end = index.marker(index.events - 1);
			const actual =
				outcome === undefined ? end : { ...end, payload: this.#cursor.payload(this.#encodeEnd(outcome, end)) };
			this.#cursor.fold(actual);
		}
		return {
			calls: script.size,
			served: this.#served,
			divergences: this.#divergences,
			rootHash: { recorded: index.rootHash, recomputed: this.#cursor.chain },
			cutOff: index.cutOff,
		};
	}

	/** The attributes are the recorded ones: what a program decides does not rest on them, and it cannot tell them. */
	#encodeEnd(outcome: RunOutcome, { payload }: StoredMarker): Uint8Array {
		const { attributesId = null } = decodeOutcome(payloadBytes(payload, this.#parts.blobs));
		return encodeOutcome({ ...outcome, attributesId });
	}

	/** Whether a divergence has ended the playback. */
	get #stopped(): boolean {
		return this.#parts.policy === "strict" && this.#divergences.length > 0;
	}

	async #await(call: ReplayedCall, issued: StoredIssued): Promise<Delivered> {
		const key = addressKey(issued.address);
		call.scripted.state = "in-flight";
		this.#inFlight.set(key, call);
		this.#preceding.push(issued);
		if (this.#preceding.length > precedingMax) this.#preceding.shift();
		this.#cursor.made(call.scripted.logSequence, issued);
		call.onAbort(() => this.#advance());
		this.#advance();
		try {
			return await call.ended;
		} finally {
			this.#inFlight.delete(key);
		}
	}

	/** The program has done something: looks, in a turn of its own, how far the log can go now. */
	#advance(): void {
		this.#stall.disarm();
		if (this.#turnScheduled) return;
		this.#turnScheduled = true;
		this.#turns.push(() => {
			this.#turnScheduled = false;
			if (!this.#stopped) this.#turn();
		});
	}

	#turn(): void {
		let step: ReturnType<ScriptCursor["step"]>;
		try {
			step = this.#cursor.step();
		} catch (error) {
			this.#failAll(error);
			return;
		}
		this.#blocked = null;
		switch (step.kind) {
			case "delivered":
				this.#retireServed();
				this.#advance();
				return;
			case "early":
				if (this.#due !== null) clearTimeout(this.#due);
				this.#due = setTimeout(() => this.#advance(), step.waitMs);
				return;
			case "blocked":
				this.#blocked = step;
				if (this.#inFlight.size > 0) this.#stall.arm();
				return;
			case "ended":
				this.#failAll(recordEnds());
				return;
		}
	}

	#retireServed(): void {
		for (const [key, call] of this.#inFlight) {
			if (call.scripted.state !== "served") continue;
			this.#inFlight.delete(key);
			this.#served++;
		}
	}

	#stalled(): void {
		if (this.#blocked === null || this.#inFlight.size === 0) return;
		const { by: event, at } = this.#blocked;
		this.#diverge(this.#describeStall(event));
		if (this.#stopped) return;
		if (event.kind === "marker") this.#cursor.passOver(at);
		else if (event.kind === "cancelled") this.#inFlight.get(addressKey(event.address))?.fail(recordEnds());
		else this.#abandon(event);
		this.#advance();
	}

	#abandon({ address }: Exclude<StoredEvent, StoredMarker>): void {
		const scripted = this.#parts.script.find(address);
		if (scripted !== null) scripted.state = "abandoned";
	}

	#branchEnded(scope: string): void {
		if (this.#stopped) return;
		let first: ScriptCall | null = null;
		let length = 0;
		for (const call of this.#parts.script.waitingIn(scope)) {
			call.state = "abandoned";
			first ??= call;
			length++;
		}
		if (first === null) return;
		const message = `branch ${scope} ended without ${length === 1 ? "a call that was" : `${length} calls that were`} recorded`;
		const error = this.#diverge(this.#describe("missing", message, first.issued));
		this.#advance();
		if (this.#parts.policy === "strict") throw error;
	}

	#reportUnconsumed(): void {
		const { script } = this.#parts;
		for (const { issued } of script.waiting()) {
			if (this.#isFull) return;
			const message = `the program ended without the call of ${issued.identity.tool} at ${addressKey(issued.address)}`;
			this.#note(this.#describe("unconsumed", message, issued));
		}
		for (const sequence of script.markers.slice(this.#markersMade)) {
			if (this.#isFull) return;
			const { name } = script.index.marker(sequence);
			this.#note(this.#describe("unconsumed", `the program ended without a recorded ${name}`));
		}
	}

	#describeStall(event: StoredEvent): Divergence {
		const waiting = [...this.#inFlight.keys()].join(", ");
		if (event.kind === "marker") {
			return this.#describe(
				"stall",
				`the program waits for ${waiting}, but has not made a ${event.name} that came before`,
			);
		}
		const scripted = this.#parts.script.find(event.address);
		const place = addressKey(event.address);
		const deed = event.kind === "cancelled" ? `cancelled the call at ${place}` : `made the call at ${place}`;
		const message = `the program waits for ${waiting}, but has not ${deed}, which came before`;
		return this.#describe("stall", message, scripted?.issued);
	}

	#describe(kind: DivergenceKind, message: string, issued?: StoredIssued): Divergence {
		return describeDivergence(this.#parts.blobs, kind, message, issued, this.#summarisePreceding());
	}

	#summarisePreceding(): readonly CallSummary[] {
		return this.#preceding.map(({ address }) => {
			const scripted = this.#parts.script.find(address);
			return summarise(scripted?.issued as StoredIssued, this.#parts.blobs);
		});
	}

	#note(divergence: Divergence): void {
		if (!this.#isFull) this.#divergences.push(divergence);
	}

	get #isFull(): boolean {
		return this.#divergences.length >= divergencesMax;
	}

	/** Writes a divergence down; in strict mode it also ends whatever the program waits for. */
	#diverge(divergence: Divergence): RetakeError<Divergence> {
		const error = divergenceError(divergence);
		this.#note(divergence);
		if (this.#stopped) this.#failAll(error);
		else this.#advance();
		return error;
	}

	#failAll(error: unknown): void {
		this.#stall.disarm();
		if (this.#due !== null) clearTimeout(this.#due);
		for (const call of this.#inFlight.values()) call.fail(error);
		this.#inFlight.clear();
	}

	#refuseAfterDivergence(): void {
		const [first] = this.#divergences;
		if (this.#stopped && first !== undefined) throw divergenceError(first);
	}
}

function recordEnds(): RetakeError {
	return new RetakeError("INTERRUPTED", "the record was cut off here: the rest of the run was never written", {
		remedy: "the run can be shown up to here, and recorded anew",
	});
}
