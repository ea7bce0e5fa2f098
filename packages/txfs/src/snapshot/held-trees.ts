import { constants, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { isSystemCallError, OpenDescriptor, tryLockExclusive, tryLockShared } from "@retake/linux";

/**
 * The layers of snapshots that this process uses, each locked beside others who use it: who collects garbage needs the lock for
 * itself alone. A lock ends with its process, so that nothing is kept for one that was killed.
 */
export class HeldTrees implements Disposable {
	readonly #path: string;
	readonly #held = new Map<string, OpenDescriptor>();

	/** `path` is the directory that holds the layers. */
	constructor(path: string) {
		this.#path = path;
	}

	/** Holds a layer from now on; tells whether it is there and nobody is removing it. */
	hold(name: string): boolean {
		if (this.#held.has(name)) return true;
		const opened = this.#open(name);
		if (opened === null) return false;
		// Removed by name between opening and locking, it would be held in vain.
		if (!tryLockShared(opened.descriptor) || !existsSync(join(this.#path, name))) {
			opened[Symbol.dispose]();
			return false;
		}
		this.#held.set(name, opened);
		return true;
	}

	/** Tells whether this process holds a layer. */
	has(name: string): boolean {
		return this.#held.has(name);
	}

	/** Goes on holding a layer that was renamed. */
	rename(from: string, to: string): void {
		const opened = this.#held.get(from);
		this.#held.delete(from);
		if (opened !== undefined) this.#held.set(to, opened);
	}

	release(name: string): void {
		this.#held.get(name)?.[Symbol.dispose]();
		this.#held.delete(name);
	}

	/**
	 * Locks a layer against everybody else; returns null where another process uses it. Disposal gives back what this process had:
	 * its hold, where it had one and the layer is still there.
	 */
	own(name: string): Disposable | null {
		const wasHeld = this.#held.has(name);
		const opened = this.#held.get(name) ?? this.#open(name);
		if (opened === null) return null;
		this.#held.delete(name);
		const back = (): void => {
			opened[Symbol.dispose]();
			if (wasHeld) this.hold(name);
		};
		if (tryLockExclusive(opened.descriptor)) return { [Symbol.dispose]: back };
		back();
		return null;
	}

	[Symbol.dispose](): void {
		for (const opened of this.#held.values()) opened[Symbol.dispose]();
		this.#held.clear();
	}

	#open(name: string): OpenDescriptor | null {
		try {
			const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
			return new OpenDescriptor(openSync(join(this.#path, name), flags));
		} catch (error) {
			if (isSystemCallError(error, "ENOENT")) return null;
			throw error;
		}
	}
}
