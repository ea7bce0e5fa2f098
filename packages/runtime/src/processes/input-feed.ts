/** What is written to a process, piece by piece, kept until it is read. */
export class InputFeed {
	readonly #pieces: Uint8Array[] = [];
	#isEnded = false;
	#wake: () => void = () => undefined;

	push(bytes: Uint8Array): void {
		if (bytes.byteLength > 0) this.#pieces.push(bytes);
		this.#wake();
	}

	end(): void {
		this.#isEnded = true;
		this.#wake();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
		for (;;) {
			const piece = this.#pieces.shift();
			if (piece !== undefined) yield piece;
			else if (this.#isEnded) return;
			else {
				const { promise, resolve } = Promise.withResolvers<void>();
				this.#wake = resolve;
				await promise;
			}
		}
	}
}
