import type { Redactor } from "./redactor.ts";

/** Redacts one stream of a call as it comes: what could be the beginning of a secret waits for what follows. */
export class StreamRedactor {
	readonly #redactor: Redactor;
	#held = "";

	constructor(redactor: Redactor) {
		this.#redactor = redactor;
	}

	/** Returns what can be handed on now; may be empty. */
	push(bytes: Uint8Array): Uint8Array {
		if (!this.#redactor.active) return bytes;
		const text = this.#held + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
		// Whole secrets go first, so that what is held can only be the beginning of another one.
		const redacted = Buffer.from(this.#redactor.bytes(Buffer.from(text, "latin1"))).toString("latin1");
		const pending = this.#redactor.pendingLength(redacted);
		this.#held = redacted.slice(redacted.length - pending);
		return new Uint8Array(Buffer.from(redacted.slice(0, redacted.length - pending), "latin1"));
	}

	/** Returns what was held back: the stream has ended, so it was no secret. */
	end(): Uint8Array {
		const rest = this.#redactor.bytes(Buffer.from(this.#held, "latin1"));
		this.#held = "";
		return rest;
	}
}
