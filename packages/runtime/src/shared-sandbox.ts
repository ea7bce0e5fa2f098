import { assert, RetakeError } from "@retake/base";
import type { Sandbox, SandboxDriver, SandboxOptions } from "@retake/sandbox";

/** A sandbox that is opened when it is first needed and closed when the last session that uses it lets go. */
export class SharedSandbox {
	readonly #open: (() => Promise<Sandbox>) | null;
	#users = 1;
	#sandbox: Promise<Sandbox> | null = null;

	constructor(driver: SandboxDriver | null, options: SandboxOptions | null) {
		this.#open = driver === null || options === null ? null : () => driver.open(options);
	}

	/** Counts one more user. */
	share(): this {
		assert(this.#users > 0, "a sandbox is shared only while it is in use");
		this.#users++;
		return this;
	}

	/** Returns the sandbox, opened. Throws `SANDBOX_UNAVAILABLE` where the session was asked to have none. */
	async get(): Promise<Sandbox> {
		if (this.#open === null) {
			throw new RetakeError("SANDBOX_UNAVAILABLE", "this session has no sandbox, so it can run no command", {
				remedy: 'open the session with sandbox: "bubblewrap" or "docker"',
			});
		}
		this.#sandbox ??= this.#open();
		return this.#sandbox;
	}

	/** Lets go of it; the last one to do so closes it. */
	async release(): Promise<void> {
		assert(this.#users > 0, "a sandbox is released once by each user");
		this.#users--;
		if (this.#users > 0 || this.#sandbox === null) return;
		const opened = await this.#sandbox.catch(() => null);
		await opened?.[Symbol.asyncDispose]();
	}
}
