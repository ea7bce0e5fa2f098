/** Removes rooms in the background, a few at a time: commands do not wait for it, the end of the sandbox does. */
export class RoomRemovals {
	readonly #waiting: AsyncDisposable[] = [];
	readonly #failures: unknown[] = [];
	readonly #atOnce = new Set<Promise<void>>();

	/** Begins to remove a room, or queues it. */
	begin(room: AsyncDisposable): void {
		this.#waiting.push(room);
		this.#advance();
	}

	/** Waits until all are removed; returns what went wrong, in order. */
	async end(): Promise<readonly unknown[]> {
		while (this.#atOnce.size > 0) await Promise.all(this.#atOnce);
		return this.#failures;
	}

	#advance(): void {
		while (this.#atOnce.size < atOnceMax) {
			const room = this.#waiting.shift();
			if (room === undefined) return;
			const removal = this.#remove(room).finally(() => {
				this.#atOnce.delete(removal);
				this.#advance();
			});
			this.#atOnce.add(removal);
		}
	}

	async #remove(room: AsyncDisposable): Promise<void> {
		try {
			await room[Symbol.asyncDispose]();
		} catch (error) {
			this.#failures.push(error);
		}
	}
}

const atOnceMax = 2;
