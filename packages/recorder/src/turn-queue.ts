/**
 * Runs one task in each turn of the event loop, in order. A recorder and a player both deliver through one: whatever the
 * program does with a delivery, it has done as far as it can without another one before the next comes, live or replayed.
 */
export class TurnQueue {
	readonly #tasks: (() => void)[] = [];
	#scheduled = false;

	/** Whether no task waits. */
	get isIdle(): boolean {
		return this.#tasks.length === 0;
	}

	/** Adds a task; it never runs before the caller's own turn has ended. Tasks must not throw. */
	push(task: () => void): void {
		this.#tasks.push(task);
		this.#schedule();
	}

	#schedule(): void {
		if (this.#scheduled) return;
		this.#scheduled = true;
		setImmediate(() => {
			this.#scheduled = false;
			const task = this.#tasks.shift();
			if (this.#tasks.length > 0) this.#schedule();
			task?.();
		});
	}
}
