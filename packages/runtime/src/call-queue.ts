/** Runs pieces of work one after another, in the order in which they were asked for. */
export class CallQueue {
	#last: Promise<unknown> = Promise.resolve();

	/** Runs `work` after everything that was asked for before; a failure before it does not stop it. */
	async run<Value>(work: () => Promise<Value>): Promise<Value> {
		const turn = this.#last.then(work);
		this.#last = turn.catch(() => undefined);
		return turn;
	}

	/** Resolves when everything that was asked for has ended. */
	async idle(): Promise<void> {
		await this.#last;
	}
}
