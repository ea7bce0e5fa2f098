import type { Clock } from "@retake/base";

/** How fast a record is played: its delays times `timeScale`. */
export interface PaceOptions {
	/** 0: as fast as the program takes it; 1: as it was; 2: twice as slow. */
	readonly timeScale: number;
	readonly clock: Clock;
}

/** Tells when deliveries are due. Time is counted from what the program did last: how long it thinks is its own affair. */
export class Pace {
	readonly #options: PaceOptions | null;
	#recordedMs = 0;
	#since = 0n;

	/** Null: nothing ever waits. */
	constructor(options: PaceOptions | null) {
		this.#options = options !== null && options.timeScale > 0 ? options : null;
		this.began(0);
	}

	/** Notes that the program has just done what the log has at this time, milliseconds since the run began. */
	began(atMs: number): void {
		if (this.#options === null) return;
		this.#recordedMs = atMs;
		this.#since = this.#options.clock.monotonic();
	}

	/** Returns how long a delivery of this time must wait yet, milliseconds; never more than a timer can. */
	waitMs(atMs: number): number {
		if (this.#options === null) return 0;
		const { clock, timeScale } = this.#options;
		const passedMs = Number(clock.monotonic() - this.#since) / 1e6;
		return Math.min(Math.max(0, (atMs - this.#recordedMs) * timeScale - passedMs), 2 ** 31 - 1);
	}
}
