import type { Clock } from "@retake/base";

/** Nanoseconds before which nothing is said: most snapshots are taken by then. */
const firstAfterNs = 1_000_000_000n;

/** Decides when a line about progress is due: not within the first second, and then once in so many nanoseconds. */
export class ProgressPace {
	readonly #clock: Pick<Clock, "monotonic">;
	readonly #everyNs: bigint;
	#next: bigint | null = null;

	constructor(clock: Pick<Clock, "monotonic">, everyNs: bigint) {
		this.#clock = clock;
		this.#everyNs = everyNs;
	}

	/** Asked whenever there is news; the second is counted from the first question. */
	isDue(): boolean {
		const now = this.#clock.monotonic();
		this.#next ??= now + firstAfterNs;
		if (now < this.#next) return false;
		this.#next = now + this.#everyNs;
		return true;
	}
}
