import { type BlobReader, type CanonicalValue, decodeCanonical } from "@retake/changeset";
import type { IdentifiedCall } from "../call-identity.ts";
import type { CallRequest, Delivered } from "../call-port.ts";
import { type Divergence, type DivergenceKind, divergenceError } from "../replay/divergence.ts";
import { describeDivergence, explainMismatch } from "../replay/explain-mismatch.ts";
import { ReplayedCall } from "../replay/replayed-call.ts";
import type { Script, ScriptCall } from "../replay/script.ts";
import { type BlockedStep, ScriptCursor } from "../replay/script-cursor.ts";
import { StallTimer } from "../replay/stall-timer.ts";
import { addressKey } from "../trace/address-key.ts";
import type { CallAddress } from "../trace/event.ts";
import { payloadBytes } from "../trace/payload.ts";
import type { StoredEvent, StoredIssued, StoredMarker } from "../trace/stored-event.ts";
import { TurnQueue } from "../turn-queue.ts";

/** A call that the program has made and that is served, or waits until it can be executed. */
export interface OfferedCall {
	readonly address: CallAddress;
	readonly identified: IdentifiedCall;
	readonly request: CallRequest;
	readonly ended: PromiseWithResolvers<Delivered>;
	/** Has the call executed, in the program's own context. */
	readonly start: () => void;
}

/** What a prefix player works with. */
export interface PrefixPlayerParts {
	/** What is served, as `cutScript` made it. */
	readonly script: Script;
	readonly blobs: BlobReader;
	/** `stop`: a divergence fails every call; `go-live`: it ends the serving. */
	readonly onDivergence: "stop" | "go-live";
	/** Whether a call that the script does not have is a divergence, rather than the first to be executed. */
	readonly extraDiverges: boolean;
	readonly stallTimeoutMs: number;
	/** Told each event that is served, before the program is. */
	readonly onEvent: (event: StoredEvent) => void;
	/** Told once, when everything has been served that ever will be. */
	readonly onLeft: () => void;
}

/**
 * Serves the beginning of a run and then lets go. A call that it does not have waits until the whole beginning has been
 * served, so that what is executed never overtakes what is not. Where a divergence ends the serving, calls that the log has come to are
 * still served to their end, since what they were handed depends on nothing later; others have been handed nothing and are executed.
 */
export class PrefixPlayer {
	readonly #parts: PrefixPlayerParts;
	readonly #turns = new TurnQueue();
	/** In the order in which the program made them. */
	readonly #offered = new Map<string, OfferedCall>();
	readonly #inFlight = new Map<string, ReplayedCall>();
	readonly #cursor: ScriptCursor;
	readonly #stall: StallTimer;
	#markersMade = 0;
	#served = 0;
	#turnScheduled = false;
	#blocked: BlockedStep | null = null;
	#leaving = false;
	#left = false;
	#divergence: Divergence | null = null;
	#failure: { readonly thrown: unknown } | null = null;

	constructor(parts: PrefixPlayerParts) {
		const { script, blobs, stallTimeoutMs, onEvent } = parts;
		this.#parts = parts;
		this.#cursor = new ScriptCursor(script, blobs, this.#inFlight, onEvent);
		this.#stall = new StallTimer(stallTimeoutMs, () => this.#stalled());
	}

	get served(): number {
		return this.#served;
	}

	/** Whether everything has been served that ever will be. */
	get left(): boolean {
		return this.#left;
	}

	get divergence(): Divergence | null {
		return this.#divergence;
	}

	/** Takes a call: serves it, or starts it when the serving has ended. Not to be used once `left`. */
	offer(offered: OfferedCall): void {
		if (this.#failure !== null) {
			offered.ended.reject(this.#failure.thrown);
			return;
		}
		const { address, identified } = offered;
		const key = addressKey(address);
		this.#offered.set(key, offered);
		if (!this.#leaving) {
			const scripted = this.#parts.script.find(address);
			const same = scripted?.isOf(identified.identity) === true;
			if (same && scripted.state === "waiting") this.#serve(key, scripted, offered);
			else if (scripted !== null || this.#parts.extraDiverges) this.#diverge(this.#explain(offered, scripted));
		}
		this.#advance();
	}

	/** Takes a marker. Returns whether it was the next one on record; otherwise the serving has ended. Throws `DIVERGENCE`. */
	marker(name: StoredMarker["name"], bytes: Uint8Array): boolean {
		this.#throwFailure();
		const { index, markers } = this.#parts.script;
		const sequence = this.#leaving ? undefined : markers[this.#markersMade];
		if (sequence !== undefined) {
			const recorded = index.marker(sequence);
			const same =
				recorded.name === name && Buffer.from(bytes).equals(payloadBytes(recorded.payload, this.#parts.blobs));
			if (same) {
				this.#markersMade++;
				this.#cursor.made(sequence, recorded);
				this.#advance();
				return true;
			}
			this.#diverge(this.#describe("order", `the program makes a ${name} that is not the recorded ${recorded.name}`));
		} else if (this.#firstWaiting !== null) {
			this.#diverge(this.#describe("order", `the program makes a ${name} before calls that came before it`));
		}
		this.#throwFailure();
		this.#leaveNow();
		return false;
	}

	/** Notes that a branch has ended. Throws `DIVERGENCE` where recorded calls of it are left. */
	branchEnded(scope: string): void {
		this.#throwFailure();
		if (this.#leaving) return;
		const [first] = this.#parts.script.waitingIn(scope);
		if (first === undefined) return;
		this.#diverge(this.#describe("missing", `branch ${scope} ended without a call that was recorded`, first.issued));
		this.#throwFailure();
	}

	/** Waits for the calls under way, and ends the serving. */
	async finish(): Promise<void> {
		while (this.#offered.size > 0) {
			await Promise.allSettled([...this.#offered.values()].map(({ ended }) => ended.promise));
		}
		if (this.#left) return;
		const first = this.#firstWaiting;
		if (first !== null) {
			const message = `the program ended without the call of ${first.issued.identity.tool} at ${addressKey(first.issued.address)}`;
			this.#divergence ??= this.#describe("unconsumed", message, first.issued);
		}
		this.#leaveNow();
	}

	#throwFailure(): void {
		if (this.#failure !== null) throw this.#failure.thrown;
	}

	get #firstWaiting(): ScriptCall | null {
		const [first = null] = this.#parts.script.waiting();
		return first;
	}

	#serve(key: string, scripted: ScriptCall, offered: OfferedCall): void {
		const call = new ReplayedCall(scripted, offered.request);
		scripted.state = "in-flight";
		this.#inFlight.set(key, call);
		this.#cursor.made(scripted.logSequence, scripted.issued);
		call.onAbort(() => this.#advance());
		const end = (settle: () => void) => {
			this.#inFlight.delete(key);
			this.#offered.delete(key);
			this.#served++;
			settle();
		};
		call.ended.then(
			(delivered) => end(() => offered.ended.resolve(delivered)),
			(error: unknown) => end(() => offered.ended.reject(error)),
		);
	}

	/** The program has done something: looks, in a turn of its own, how far the log can go now. */
	#advance(): void {
		this.#stall.disarm();
		if (this.#turnScheduled || this.#left) return;
		this.#turnScheduled = true;
		this.#turns.push(() => {
			this.#turnScheduled = false;
			if (!this.#left && this.#failure === null) this.#turn();
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
		this.#blocked = step.kind === "blocked" ? step : null;
		if (step.kind === "delivered") this.#advance();
		else if (step.kind === "ended") this.#leave();
		else if (this.#offered.size > 0) this.#stall.arm();
	}

	#stalled(): void {
		if (this.#blocked === null || this.#offered.size === 0) return;
		const { by: event } = this.#blocked;
		if (this.#leaving) this.#leaveNow();
		else if (event.kind === "marker") {
			this.#diverge(this.#describe("stall", `the program waits, but has not made a ${event.name} that came before`));
		} else {
			const issued = this.#parts.script.find(event.address)?.issued;
			const deed = event.kind === "cancelled" ? "cancelled" : "made";
			const message = `the program waits, but has not ${deed} the call at ${addressKey(event.address)}, which came before`;
			this.#diverge(this.#describe("stall", message, issued));
		}
		this.#advance();
	}

	#diverge(divergence: Divergence): void {
		this.#divergence ??= divergence;
		if (this.#parts.onDivergence === "go-live") this.#beginToLeave();
		else this.#failAll(divergenceError(divergence));
	}

	/** Stops waiting for the program; what the log has come to is still served. */
	#beginToLeave(): void {
		this.#leaving = true;
		const { script } = this.#parts;
		for (const call of script.waiting()) call.state = "abandoned";
		for (const sequence of script.markers.slice(this.#markersMade)) this.#cursor.passOver(sequence);
		for (const [key, call] of this.#inFlight)
			if (!this.#cursor.reached(call.scripted.logSequence)) this.#drop(key, call);
	}

	#drop(key: string, call: ReplayedCall): void {
		call.scripted.state = "abandoned";
		this.#inFlight.delete(key);
	}

	/** Serves at once what is left to be served, and ends the serving. */
	#leaveNow(): void {
		if (!this.#leaving) this.#beginToLeave();
		for (;;) {
			const step = this.#cursor.step();
			if (step.kind === "ended") break;
			// Only a call that the program has not cancelled this time can be in the way.
			if (step.kind === "blocked") for (const [key, call] of this.#inFlight) this.#drop(key, call);
		}
		this.#leave();
	}

	#leave(): void {
		this.#stall.disarm();
		this.#left = true;
		this.#parts.onLeft();
		for (const [key, offered] of this.#offered) if (!this.#inFlight.has(key)) offered.start();
		this.#offered.clear();
	}

	#failAll(error: unknown): void {
		this.#stall.disarm();
		this.#failure = { thrown: error };
		for (const { ended } of this.#offered.values()) ended.reject(error);
		this.#offered.clear();
		this.#inFlight.clear();
	}

	#explain({ address, identified }: OfferedCall, scripted: ScriptCall | null): Divergence {
		const input: CanonicalValue = decodeCanonical(identified.input);
		const actual = { address, identity: identified.identity, input };
		return explainMismatch(this.#parts.script, this.#parts.blobs, actual, scripted, []);
	}

	#describe(kind: DivergenceKind, message: string, issued?: StoredIssued): Divergence {
		return describeDivergence(this.#parts.blobs, kind, message, issued, []);
	}
}
