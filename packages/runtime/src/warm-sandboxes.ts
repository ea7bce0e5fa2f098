import { readdirSync } from "node:fs";
import { hashCanonical } from "@retake/changeset";
import type { Sandbox, SandboxDriver, SandboxOptions } from "@retake/sandbox";

/** Where a session's sandbox comes from, and goes when the session needs it no longer. */
export interface SandboxSource {
	take(): Promise<Sandbox>;
	giveBack(sandbox: Sandbox): Promise<void>;
}

/** Opens a sandbox for one session alone. */
export function freshSandboxes(driver: SandboxDriver, options: SandboxOptions): SandboxSource {
	return {
		take: () => driver.open(options),
		giveBack: async (sandbox) => sandbox[Symbol.asyncDispose](),
	};
}

/**
 * Keeps sandboxes that sessions have given back, for sessions that come after and are held to the same: an evaluation opens as many as it
 * has candidates at once, not as many as it has candidates. A command gets namespaces, a mount and private places of its own each
 * time; all that two sessions could share is the layer space, and a sandbox in which anything is left of it is closed. Disposal closes all.
 */
export class WarmSandboxes implements AsyncDisposable {
	readonly #idle = new Map<string, Sandbox[]>();
	#isClosed = false;

	/** Returns the source of sandboxes that are opened with these options. */
	source(driver: SandboxDriver, options: SandboxOptions): SandboxSource {
		const key = hashCanonical(options as never);
		return {
			take: async () => this.#idle.get(key)?.pop() ?? (await driver.open(options)),
			giveBack: async (sandbox) => {
				if (this.#isClosed || !isEmptied(sandbox)) await sandbox[Symbol.asyncDispose]();
				else this.#idle.set(key, [...(this.#idle.get(key) ?? []), sandbox]);
			},
		};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		const idle = [...this.#idle.values()].flat();
		this.#idle.clear();
		await Promise.all(idle.map((sandbox) => sandbox[Symbol.asyncDispose]()));
	}
}

/** One that has died cannot be looked into, and is not used again either. */
function isEmptied({ layerSpace }: Sandbox): boolean {
	try {
		return readdirSync(layerSpace.root).length === 0;
	} catch {
		return false;
	}
}
