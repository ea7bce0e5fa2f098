import { closeSync } from "node:fs";

/** Owns a file descriptor and closes it once, when it is disposed of. */
export class OpenDescriptor implements Disposable {
	readonly descriptor: number;
	#isOpen = true;

	constructor(descriptor: number) {
		this.descriptor = descriptor;
	}

	/** Path by which this process reaches what is open, for those calls of `node:fs` that take no descriptor. */
	get path(): string {
		return `/proc/self/fd/${this.descriptor}`;
	}

	[Symbol.dispose](): void {
		if (!this.#isOpen) return;
		this.#isOpen = false;
		closeSync(this.descriptor);
	}
}
