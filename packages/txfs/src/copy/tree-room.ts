import {
	chmodSync,
	chownSync,
	fstatSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	rmdirSync,
	rmSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { OpenDescriptor } from "@retake/linux";
import type { TreeOwner } from "../layer-space.ts";
import { Trash } from "./trash.ts";

/** A directory of our own in a layer space, that holds one plain tree and what is needed to change it. */
export class TreeRoom {
	/** The tree: all that a sandbox gets to see of the room. */
	readonly tree: string;
	/** Where a file is filled before it is put in its place. */
	readonly staged: string;
	/** A file by which the file system is asked for its time. */
	readonly #clock: string;
	readonly trash: Trash;
	readonly #path: string;

	/** Makes a room with an empty tree. */
	constructor(space: string, owner: TreeOwner | null) {
		this.#path = mkdtempSync(join(space, "copy-"));
		this.tree = join(this.#path, "tree");
		this.staged = join(this.#path, "staged");
		this.#clock = join(this.#path, "clock");
		this.trash = new Trash(join(this.#path, "trash"));
		// What a sandbox runs as has to get to the tree, and to nothing else.
		chmodSync(this.#path, 0o711);
		this.#makeTree(owner);
	}

	/** Puts an empty tree in place of the one that is there. */
	empty(owner: TreeOwner | null): void {
		this.#removeTree();
		this.#makeTree(owner);
	}

	/** Returns the file system's own time, nanoseconds: what is written from now on is not stamped earlier. */
	now(): bigint {
		using file = new OpenDescriptor(openSync(this.#clock, "w", 0o600));
		writeSync(file.descriptor, "tick");
		return fstatSync(file.descriptor, { bigint: true }).mtimeNs;
	}

	/** Removes everything. */
	remove(): void {
		this.#removeTree();
		for (const file of [this.staged, this.#clock]) rmSync(file, { force: true });
		rmdirSync(join(this.#path, "trash"));
		rmdirSync(this.#path);
	}

	#makeTree(owner: TreeOwner | null): void {
		mkdirSync(this.tree);
		if (owner !== null) chownSync(this.tree, owner.uid, owner.gid);
		chmodSync(this.tree, 0o755);
	}

	#removeTree(): void {
		chmodSync(this.tree, 0o700);
		this.trash.remove(this.tree);
	}
}
