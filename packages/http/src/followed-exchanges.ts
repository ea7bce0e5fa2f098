import {
	addressKey,
	type CallAddress,
	type Divergence,
	divergenceError,
	type ForkOrigin,
	stallTimeoutMs,
	type TraceCall,
} from "@retake/recorder";
import type { Answer, ReceivedRequest, Trailers } from "./exchanges.ts";
import type { RecordedExchanges } from "./recorded-exchanges.ts";

/** How a record is followed. */
export interface FollowOptions {
	readonly recorded: RecordedExchanges;
	/** At a request that the record does not have while it has others: `stop` fails it and all others, `go-live` sends it and all others. */
	readonly onDivergence: "stop" | "go-live";
	/** Whether a request after all that is recorded is a divergence too: the run that is followed had its end. */
	readonly extraDiverges: boolean;
}

/** A request that is neither served nor sent yet. */
interface Waiter {
	readonly request: ReceivedRequest;
	readonly release: () => void;
}

/**
 * Says of each request of a process that is executed again whether the record answers it. One that is not on record waits until all that is has
 * been asked for, since a process that asks several things at once need not ask them in the same order again; where nothing moves meanwhile, it is a
 * divergence. One that was under way where the record was cut off is sent again, and ends nothing.
 */
export class FollowedExchanges {
	readonly #options: FollowOptions;
	readonly #waiting = new Set<Waiter>();
	readonly #executedAgain: CallAddress[] = [];
	readonly #stop = new AbortController();
	/** Exchanges that have their end on record and were not asked for. */
	#unserved: number;
	#underWay = 0;
	#timer: NodeJS.Timeout | null = null;
	#isLive = false;
	#divergence: Divergence | null = null;

	constructor(options: FollowOptions) {
		this.#options = options;
		this.#unserved = options.recorded.unconsumed().filter(hasEnded).length;
	}

	/** Aborts at a divergence that stops the process; its reason is the error. */
	get stopped(): AbortSignal {
		return this.#stop.signal;
	}

	/** Says how far the record was followed. */
	origin(): Omit<ForkOrigin, "executed"> {
		const { served } = this.#options.recorded.report();
		const divergence = this.#divergence ?? (this.#isLive ? null : this.#unconsumed());
		return { served, executedAgain: this.#executedAgain, divergence };
	}

	/**
	 * Takes the recorded exchange that answers a request; null for one that is to be sent, by a promise where that is to be seen. Waits no
	 * longer when `gone` aborts. Throws `DIVERGENCE`.
	 */
	take(request: ReceivedRequest, gone: AbortSignal): TraceCall | null | Promise<null> {
		this.stopped.throwIfAborted();
		if (this.#isLive) return null;
		const { recorded } = this.#options;
		const call = recorded.take(request);
		if (call === null) return this.#unserved === 0 ? this.#beyond(request) : this.#wait(request, gone);
		if (!hasEnded(call)) {
			recorded.pass(call);
			this.#executedAgain.push(call.address);
			return null;
		}
		this.#unserved--;
		if (this.#unserved === 0) this.#release();
		return call;
	}

	/** Hands a recorded response on, as it came and ended. */
	serve(call: TraceCall, answer: Answer, gone: AbortSignal): Promise<Trailers> {
		return this.#options.recorded.serve(call, answer, gone);
	}

	/** Notes that an exchange is under way, until it is disposed: as long the process has something to wait for. */
	hold(): Disposable {
		this.#underWay++;
		this.#watch();
		return {
			[Symbol.dispose]: () => {
				this.#underWay--;
				this.#watch();
			},
		};
	}

	async #wait(request: ReceivedRequest, gone: AbortSignal): Promise<null> {
		const released = Promise.withResolvers<void>();
		const waiter: Waiter = { request, release: released.resolve };
		this.#waiting.add(waiter);
		gone.addEventListener("abort", waiter.release, { once: true });
		this.#watch();
		await released.promise;
		gone.removeEventListener("abort", waiter.release);
		this.#waiting.delete(waiter);
		this.#watch();
		this.stopped.throwIfAborted();
		return this.#isLive || gone.aborted ? null : this.#beyond(request);
	}

	#release(): void {
		for (const { release } of this.#waiting) release();
	}

	/** Measures anew how long nothing moves, where anybody waits for that. */
	#watch(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		const isStalling = this.#waiting.size > 0 && this.#underWay === 0;
		this.#timer = isStalling ? setTimeout(() => this.#stalled(), stallTimeoutMs) : null;
	}

	#stalled(): void {
		const [first] = this.#waiting;
		if (first === undefined) return;
		const { message, nearest } = this.#options.recorded.explain(first.request);
		const summary = nearest === null ? null : summarise(nearest.call);
		this.#diverge({
			...nothing,
			kind: "input",
			address: summary?.address ?? null,
			message,
			recorded: summary,
			inputDifference: nearest?.difference ?? [],
		});
	}

	/** Goes on past the end of the record. */
	#beyond(request: ReceivedRequest): null {
		if (!this.#options.extraDiverges || this.#divergence !== null) return null;
		this.#diverge({ ...nothing, kind: "extra", message: this.#options.recorded.explain(request).message });
		this.stopped.throwIfAborted();
		return null;
	}

	#unconsumed(): Divergence | null {
		const left = this.#options.recorded.unconsumed().find(hasEnded);
		if (left === undefined) return null;
		const message = `the process ended without asking for what is on record as call ${addressKey(left.address)}`;
		return { ...nothing, kind: "unconsumed", address: left.address, message, recorded: summarise(left) };
	}

	#diverge(divergence: Divergence): void {
		this.#divergence = divergence;
		if (this.#options.onDivergence === "go-live") this.#isLive = true;
		else this.#stop.abort(divergenceError(divergence));
		this.#release();
	}
}

const nothing = { address: null, recorded: null, actual: null, inputDifference: [], candidates: [], preceding: [] };

function hasEnded({ settledSequence }: TraceCall): boolean {
	return settledSequence !== null;
}

function summarise({ address, identity, input }: TraceCall): NonNullable<Divergence["recorded"]> {
	return { address, identity, input };
}
