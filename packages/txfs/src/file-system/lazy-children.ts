import type { Link } from "@jsonjoy.com/fs-core";

/** The children of a directory by name, read from its source when somebody first looks. `.` and `..` are there before. */
export class LazyChildren extends Map<string, Link | undefined> {
	#load: (() => void) | null;

	/** Calls `load` once, which must `set` what the directory holds. */
	constructor(load: () => void) {
		super();
		this.#load = load;
	}

	/** Whether the directory has been read. */
	get isLoaded(): boolean {
		return this.#load === null;
	}

	override get(name: string): Link | undefined {
		this.#ensure();
		return super.get(name);
	}

	override has(name: string): boolean {
		this.#ensure();
		return super.has(name);
	}

	override set(name: string, link: Link | undefined): this {
		if (name !== "." && name !== "..") this.#ensure();
		return super.set(name, link);
	}

	override delete(name: string): boolean {
		if (name !== "." && name !== "..") this.#ensure();
		return super.delete(name);
	}

	override get size(): number {
		this.#ensure();
		return super.size;
	}

	override keys(): MapIterator<string> {
		this.#ensure();
		return super.keys();
	}

	override values(): MapIterator<Link | undefined> {
		this.#ensure();
		return super.values();
	}

	override entries(): MapIterator<[string, Link | undefined]> {
		this.#ensure();
		return super.entries();
	}

	override [Symbol.iterator](): MapIterator<[string, Link | undefined]> {
		return this.entries();
	}

	#ensure(): void {
		const load = this.#load;
		this.#load = null;
		load?.();
	}
}
