import { RetakeError } from "@retake/base";
import type { Change, Changeset } from "../changeset.ts";
import { createChangeset } from "../create-changeset.ts";
import { ancestorsOf, parentOf } from "../path/path-parts.ts";
import { printablePath } from "../path/printable-path.ts";
import type { FileNode, SymlinkNode, TreeNode } from "../tree-node.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeReader } from "../tree-reader.ts";
import { patchConflict } from "./patch-error.ts";
import type { PatchBudget } from "./patch-limits.ts";

/** What a patch can name: directories follow from the files in them. */
export type Leaf = FileNode | SymlinkNode;

/** Returns what a patch can name of a node; null for a directory and for nothing. */
export function leafOf(node: TreeNode | null): Leaf | null {
	return node?.kind === "directory" ? null : node;
}

/** Mode of a directory that a patch makes: git does not keep one. */
const createdDirectoryMode = 0o755;

interface Written {
	readonly leaf: Leaf | null;
	/** Line of the patch that wrote it. */
	readonly line: number;
}

/** A tree with the files that a patch has written and removed so far laid over it. */
export class PatchedTree {
	readonly #tree: TreeReader;
	readonly #budget: PatchBudget;
	readonly #written = new Map<TreePath, Written>();

	constructor(tree: TreeReader, budget: PatchBudget) {
		this.#tree = tree;
		this.#budget = budget;
	}

	/** Returns what is at a path now. */
	lookup(path: TreePath): TreeNode | null {
		const written = this.#written.get(path);
		return written === undefined ? this.#tree.lookup(path) : written.leaf;
	}

	/** Tells whether the patch has put a file at the path, or removed it from there. */
	isWritten(path: TreePath): boolean {
		return this.#written.has(path);
	}

	/** Puts a file or link at a path, or removes what is there. */
	write(path: TreePath, leaf: Leaf | null, line: number): void {
		this.#written.set(path, { leaf, line });
	}

	/**
	 * Returns everything that changed, with the directories that came and went. Throws `PATH_REFUSED` for a path behind a
	 * symbolic link and `PATCH_CONFLICT` for one where a file is in the way of a directory or the other way round.
	 */
	finish(): Changeset {
		const changes = new Map<TreePath, Change>();
		const directories = this.#directoriesInUse();
		for (const path of directories) {
			const was = this.#tree.lookup(path);
			if (was?.kind !== "directory")
				changes.set(path, { path, was, now: { kind: "directory", mode: createdDirectoryMode } });
		}
		const removed = this.#directoriesEmptied(directories);
		for (const path of removed) changes.set(path, { path, was: this.#tree.lookup(path), now: null });
		for (const [path, { leaf, line }] of this.#written) {
			const was = this.#tree.lookup(path);
			if (was?.kind === "directory") {
				if (leaf === null) continue;
				if (!removed.has(path))
					throw patchConflict({ path, line, reason: "a directory that keeps other files is there" });
			}
			if (leaf === null && directories.has(path)) continue;
			changes.set(path, { path, was, now: leaf });
		}
		return createChangeset(changes.values());
	}

	/** Every directory in which the patch leaves a file, checked to be one or to become one. */
	#directoriesInUse(): Set<TreePath> {
		const directories = new Set<TreePath>();
		for (const [path, { leaf, line }] of this.#written) {
			if (leaf === null) continue;
			for (const ancestor of ancestorsOf(path)) {
				if (directories.has(ancestor)) break;
				const node = this.lookup(ancestor);
				if (node?.kind === "symlink") throw behindLink(path, ancestor);
				if (node?.kind === "file")
					throw patchConflict({ path, line, reason: `a file is at "${printablePath(ancestor)}"` });
				this.#budget.take("directories", 1);
				directories.add(ancestor);
			}
		}
		return directories;
	}

	/** Every directory from which the patch took the last file, the deepest first so that they empty their parents. */
	#directoriesEmptied(inUse: ReadonlySet<TreePath>): Set<TreePath> {
		const emptied = new Set<TreePath>();
		const byDepth: Set<TreePath>[] = [];
		const consider = (path: TreePath): void => {
			const parent = parentOf(path);
			if (parent === null || inUse.has(parent)) return;
			const depth = parent.split("/").length;
			byDepth[depth] ??= new Set();
			byDepth[depth].add(parent);
		};
		for (const [path, { leaf }] of this.#written) if (leaf === null) consider(path);
		for (let depth = byDepth.length - 1; depth > 0; depth--) {
			for (const directory of byDepth[depth] ?? []) {
				if (this.#tree.lookup(directory)?.kind !== "directory") continue;
				const isEmpty = this.#tree.entries(directory).every(({ name }) => {
					const path = `${directory}/${name}` as TreePath;
					return emptied.has(path) || this.#written.get(path)?.leaf === null;
				});
				if (!isEmpty) continue;
				emptied.add(directory);
				consider(directory);
			}
		}
		return emptied;
	}
}

/** Makes the error for a path that leads through a symbolic link. */
export function behindLink(
	path: TreePath,
	link: TreePath,
): RetakeError<{ readonly path: TreePath; readonly reason: string }> {
	const reason = `"${printablePath(link)}" is a symbolic link`;
	return new RetakeError("PATH_REFUSED", `the path "${printablePath(path)}" is refused: ${reason}`, {
		data: { path, reason },
		remedy: "name the file by the directory that it lies in",
	});
}
