import { assert, RetakeError } from "@retake/base";
import type { Sandbox } from "@retake/sandbox";
import type { SandboxSource } from "./warm-sandboxes.ts";

/** A sandbox that is taken when it is first needed and given back when the last session that uses it lets go. */
export class SharedSandbox {
	readonly #source: SandboxSource | null;
	#users = 1;
	#sandbox: Promise<Sandbox> | null = null;

	/** Null where there is no sandbox. */
	constructor(source: SandboxSource | null) {
		this.#source = source;
	}

	/** Counts one more user. */
	share(): this {
		assert(this.#users > 0, "a sandbox is shared only while it is in use");
		this.#users++;
		return this;
	}

	/** Returns the sandbox, opened. Throws `SANDBOX_UNAVAILABLE` where the session was asked to have none. */
	async get(): Promise<Sandbox> {
		if (this.#source === null) {
			throw new RetakeError("SANDBOX_UNAVAILABLE", "this session has no sandbox, so it can run no command", {
				remedy: 'open the session with sandbox: "bubblewrap" or "docker"',
			});
		}
		this.#sandbox ??= this.#source.take();
		return this.#sandbox;
	}

	/** Lets go of it; the last one to do so gives it back. */
	async release(): Promise<void> {
		assert(this.#users > 0, "a sandbox is released once by each user");
		this.#users--;
		if (this.#users > 0 || this.#sandbox === null) return;
		const opened = await this.#sandbox.catch(() => null);
		if (opened !== null) await this.#source?.giveBack(opened);
	}
}
