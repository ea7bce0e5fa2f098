/** What a process has printed and nobody has asked for yet. */
export class PrintedOutput {
	#stdout: Uint8Array[] = [];
	#stderr: Uint8Array[] = [];
	#isOver = false;
	#wake: () => void = () => undefined;

	add(stream: string, bytes: Uint8Array): void {
		(stream === "stderr" ? this.#stderr : this.#stdout).push(bytes);
		this.#wake();
	}

	/** Says that nothing more comes. */
	end(): void {
		this.#isOver = true;
		this.#wake();
	}

	/** Returns when there is something to take, when nothing more comes, or when so much time has passed. */
	async wait(waitMs: number, signal: AbortSignal): Promise<void> {
		if (this.#isOver || this.#stdout.length + this.#stderr.length > 0 || waitMs === 0) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#wake = resolve;
		const timer = setTimeout(resolve, waitMs);
		signal.addEventListener("abort", () => resolve(), { once: true });
		await promise;
		clearTimeout(timer);
		signal.throwIfAborted();
	}

	take(): { readonly stdout: Uint8Array; readonly stderr: Uint8Array; readonly running: boolean } {
		const [stdout, stderr] = [Buffer.concat(this.#stdout), Buffer.concat(this.#stderr)];
		this.#stdout = [];
		this.#stderr = [];
		return { stdout: new Uint8Array(stdout), stderr: new Uint8Array(stderr), running: !this.#isOver };
	}
}
