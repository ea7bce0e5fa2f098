import type { Link } from "@jsonjoy.com/fs-core";
import type { TreeEntry } from "@retake/changeset";

type Kind = TreeEntry["kind"];

/** Where the children of a directory come from. */
export interface ChildrenSource {
	/** Lists what the directory holds. */
	entries(): Iterable<TreeEntry>;
	/** Makes the link of one of them. */
	make(name: string, kind: Kind): Link;
}

/**
 * The children of a directory by name. The directory is listed when somebody first looks, and a child is made when somebody asks for
 * it: to describe a file its source may have to read it. `.` and `..` are there before.
 */
export class LazyChildren extends Map<string, Link | undefined> {
	readonly #source: ChildrenSource;
	/** What was listed and not asked for; null before the directory was listed. */
	#waiting: Map<string, Kind> | null = null;

	constructor(source: ChildrenSource) {
		super();
		this.#source = source;
	}

	/** Whether the directory has been listed. */
	get isListed(): boolean {
		return this.#waiting !== null;
	}

	/** Yields the children that somebody asked for; the others are as the source has them. */
	*made(): Generator<Link> {
		for (const [name, link] of super.entries()) if (link !== undefined && name !== "." && name !== "..") yield link;
	}

	/** Yields what the directory holds, without making a link of any. */
	*listed(): Generator<TreeEntry> {
		for (const [name, kind] of this.#list()) yield { name, kind };
		for (const link of this.made()) {
			const node = link.getNode();
			yield { name: link.getName(), kind: node.isDirectory() ? "directory" : node.isSymlink() ? "symlink" : "file" };
		}
	}

	override get(name: string): Link | undefined {
		const kind = this.#list().get(name);
		if (kind === undefined) return super.get(name);
		const link = this.#source.make(name, kind);
		this.set(name, link);
		return link;
	}

	override has(name: string): boolean {
		return this.#list().has(name) || super.has(name);
	}

	override set(name: string, link: Link | undefined): this {
		if (name !== "." && name !== "..") this.#list().delete(name);
		return super.set(name, link);
	}

	override delete(name: string): boolean {
		if (name === "." || name === "..") return super.delete(name);
		const wasWaiting = this.#list().delete(name);
		return super.delete(name) || wasWaiting;
	}

	override get size(): number {
		return this.#list().size + super.size;
	}

	override keys(): MapIterator<string> {
		this.#makeAll();
		return super.keys();
	}

	override values(): MapIterator<Link | undefined> {
		this.#makeAll();
		return super.values();
	}

	override entries(): MapIterator<[string, Link | undefined]> {
		this.#makeAll();
		return super.entries();
	}

	override [Symbol.iterator](): MapIterator<[string, Link | undefined]> {
		return this.entries();
	}

	#makeAll(): void {
		for (const name of [...this.#list().keys()]) this.get(name);
	}

	#list(): Map<string, Kind> {
		if (this.#waiting !== null) return this.#waiting;
		const waiting = new Map<string, Kind>();
		this.#waiting = waiting;
		for (const { name, kind } of this.#source.entries()) if (!super.has(name)) waiting.set(name, kind);
		return waiting;
	}
}
