import { constants, fsyncSync } from "node:fs";
import { type TreePath, treePathToBytes } from "@retake/changeset";
import { type OpenDescriptor, syncFileSystem } from "@retake/linux";
import { openWithin } from "./open-within.ts";

// Past this many flushes of single files, one flush of the whole file system costs less: 20 files take 20 to 36 ms one by one and 6 to 8 ms at once.
const singleFlushesMax = 4;

/** Makes what was written durable: each given descriptor by itself where they are few, else their whole file system at once. */
export class Durability {
	readonly #fileSystem: OpenDescriptor;
	readonly #flushesOne: boolean;

	/** Takes an open directory on the file system, opened before the writes so that their errors reach it, and how many files come. */
	constructor(fileSystem: OpenDescriptor, fileCount: number) {
		this.#fileSystem = fileSystem;
		this.#flushesOne = fileCount <= singleFlushesMax;
	}

	/** Notes that a file or directory was written. Throws the failure of its flush, which is never tried again: the kernel has dropped the pages. */
	written(descriptor: number): void {
		if (this.#flushesOne) fsyncSync(descriptor);
	}

	/** Notes that the entries of a directory beneath a root changed; null is the root itself. */
	directory(root: number, path: TreePath | null): void {
		if (!this.#flushesOne) return;
		const bytes = path === null ? "." : treePathToBytes(path);
		using opened = openWithin(root, bytes, constants.O_RDONLY | constants.O_DIRECTORY);
		fsyncSync(opened.descriptor);
	}

	/** Ends a phase: everything noted in it is durable on return. */
	settle(): void {
		if (!this.#flushesOne) syncFileSystem(this.#fileSystem.descriptor);
	}
}
