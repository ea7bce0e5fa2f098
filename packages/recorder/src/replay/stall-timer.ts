/** Fires once when nothing has happened for a while. */
export class StallTimer {
	readonly #timeoutMs: number;
	readonly #onStall: () => void;
	#timer: NodeJS.Timeout | null = null;

	constructor(timeoutMs: number, onStall: () => void) {
		this.#timeoutMs = timeoutMs;
		this.#onStall = onStall;
	}

	/** Starts waiting, if it does not wait already. */
	arm(): void {
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
