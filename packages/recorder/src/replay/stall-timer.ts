/** Fires once when nothing has happened for a while. */
export class StallTimer {
	#timeoutMs: number;
	readonly #onStall: () => void;
	#timer: NodeJS.Timeout | null = null;

	constructor(timeoutMs: number, onStall: () => void) {
		this.#timeoutMs = timeoutMs;
		this.#onStall = onStall;
	}

	/** Waits no longer than this from now on, also where it waits already. */
	hasten(timeoutMs: number): void {
		if (this.#timeoutMs <= timeoutMs) return;
		this.#timeoutMs = timeoutMs;
		this.arm();
	}

	/** Starts waiting, if it does not wait already. For ever is no timer at all. */
	arm(): void {
		if (this.#timeoutMs === Number.POSITIVE_INFINITY) return;
		this.#timer ??= setTimeout(() => {
			this.#timer = null;
			this.#onStall();
		}, this.#timeoutMs);
	}

	disarm(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
	}
}
