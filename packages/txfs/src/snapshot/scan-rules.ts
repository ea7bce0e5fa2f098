import { statSync } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { type FileStatus, fileStatusAt, isSystemCallError, type NameBytes } from "@retake/linux";
import { refusalOf } from "../tree/refusal.ts";
import type { PathFilter } from "./path-filter.ts";
import { holdsForeign, RefusedPaths, unreadable } from "./refused-paths.ts";

/** What a scan leaves out, and where it tells what a snapshot cannot hold. */
export class ScanRules {
	readonly #filter: PathFilter;
	readonly #own: readonly { readonly ino: bigint; readonly dev: bigint }[];
	readonly #foreign = new RefusedPaths();
	readonly #unreadable = new RefusedPaths();
	#isRootUnreadable = false;

	/** `ownDirectories` may lie in the tree, under whatever name. */
	constructor(filter: PathFilter, ownDirectories: readonly string[]) {
		this.#filter = filter;
		this.#own = ownDirectories.map((path) => statSync(path, { bigint: true }));
	}

	isNameLeftOut(parent: TreePath | null, name: string, path: TreePath): boolean {
		return refusalOf(parent, name) !== null || this.#filter.excludes(path);
	}

	/** Leaves out stores: this one, and whatever other directory holds one, such as that of a workspace further down. */
	isStatusLeftOut(status: FileStatus, directory: number, name: NameBytes): boolean {
		if (status.kind !== "directory") return false;
		if (this.#own.some(({ ino, dev }) => ino === status.ino && Number(dev) === status.dev)) return true;
		return ["/retake.db", "/trees"].every((inside) => isThere(directory, name, inside));
	}

	meetForeign(path: TreePath): void {
		this.#foreign.add(path);
	}

	/** Null is the root. */
	meetUnreadable(path: TreePath | null): void {
		if (path === null) this.#isRootUnreadable = true;
		else this.#unreadable.add(path);
	}

	/** Throws `TREE_REFUSED` with all paths, where there were any. */
	refuse(): void {
		if (this.#isRootUnreadable || this.#unreadable.count > 0) throw unreadable(this.#unreadable);
		if (this.#foreign.count > 0) throw holdsForeign(this.#foreign);
	}
}

function isThere(directory: number, name: NameBytes, inside: string): boolean {
	try {
		return fileStatusAt(directory, Buffer.concat([Buffer.from(name), Buffer.from(inside)])) !== null;
	} catch (error) {
		// Not to be searched, or replaced meanwhile: whoever enters it finds out.
		if (isSystemCallError(error, "EACCES", "ENOTDIR")) return false;
		throw error;
	}
}
