/** Runs pieces of work one after another, in the order in which they were asked for. */
export class CallQueue {
	#last: Promise<unknown> = Promise.resolve();
	#waiting = 0;

	/** Whether work is under way or waits. */
	get busy(): boolean {
		return this.#waiting > 0;
	}

	/** Runs `work` after everything that was asked for before; a failure before it does not stop it. */
	async run<Value>(work: () => Promise<Value>): Promise<Value> {
		this.#waiting++;
		const turn = this.#last.then(work);
		this.#last = turn.catch(() => undefined);
		try {
			return await turn;
		} finally {
			this.#waiting--;
		}
	}

	/** Resolves when everything that was asked for has ended. */
	async idle(): Promise<void> {
		await this.#last;
	}
}
