import { type Change, type Changeset, createChangeset, type TreePath } from "@retake/changeset";
import type { WritableLayer } from "../transaction.ts";
import { childPath } from "../tree/name-bytes.ts";
import type { TreeSource } from "./tree-source.ts";
import type { ViewLink } from "./view-link.ts";
import type { ViewNode } from "./view-node.ts";

/** What was written to a view since its source was read. */
export interface CollectedWrites {
	/** Makes the writes in a layer over the source's tree. */
	apply(layer: WritableLayer): void;
	/** Takes the source, which by now holds the writes, as the origin of all that was written. */
	settle(): void;
}

type WrittenFile = { readonly path: TreePath; readonly node: ViewNode };

/** Collects what differs from the source, in time proportional to the directories in which something was written. */
export function collectWrites(tree: ViewLink, source: TreeSource): CollectedWrites {
	const walk = new WriteWalk(source);
	walk.changed(tree, null);
	return walk;
}

class WriteWalk implements CollectedWrites {
	readonly #source: TreeSource;
	readonly #gone: Change[] = [];
	readonly #put: Change[] = [];
	readonly #files: WrittenFile[] = [];
	readonly #links: ViewLink[] = [];
	readonly #places: { readonly node: ViewNode; readonly path: TreePath }[] = [];

	constructor(source: TreeSource) {
		this.#source = source;
	}

	apply(layer: WritableLayer): void {
		const apply = (changeset: Changeset): void => {
			if (changeset.changes.length > 0) layer.apply(changeset);
		};
		apply(createChangeset(this.#gone));
		apply(createChangeset(this.#put));
		for (const { path, node } of this.#files) layer.writeFile(path, node.chunks(), node.perm);
	}

	settle(): void {
		for (const link of this.#links) link.isChanged = false;
		for (const { node, path } of this.#places) node.settle({ source: this.#source, path });
	}

	/** Walks a directory that is where its source has it and in which something changed. */
	changed(directory: ViewLink, path: TreePath | null): void {
		this.#links.push(directory);
		const children = directory.directory;
		if (children === null || !children.isListed) return;
		for (const { name } of this.#source.entries(path ?? "")) {
			if (!children.has(name)) this.#remove(childPath(path, name));
		}
		// Whoever was not asked for is as the source has it.
		for (const link of directory.made()) {
			if (link.isScratch) continue;
			const at = childPath(path, link.name);
			const node = link.viewNode;
			const isInPlace = node.origin?.source === this.#source && node.origin.path === at;
			if (!isInPlace) {
				if (node.isDirectory() && this.#source.tree.lookup(at)?.kind === "directory") this.#remove(at);
				this.#all(link, at);
				continue;
			}
			if (node.isChanged) this.#write(node, at);
			if (!link.isChanged) continue;
			if (node.isDirectory()) this.changed(link, at);
			else this.#links.push(link);
		}
	}

	/** Walks what is new, or was moved here, with everything beneath it. */
	#all(link: ViewLink, path: TreePath): void {
		this.#links.push(link);
		this.#write(link.viewNode, path);
		if (!link.viewNode.isDirectory()) return;
		for (const child of link.members()) if (!child.isScratch) this.#all(child, childPath(path, child.name));
	}

	#remove(path: TreePath): void {
		const was = this.#source.tree.lookup(path);
		if (was !== null) this.#gone.push({ path, was, now: null });
	}

	#write(node: ViewNode, path: TreePath): void {
		this.#places.push({ node, path });
		if (node.isFile()) this.#files.push({ path, node });
		else if (node.isSymlink()) this.#put.push({ path, was: null, now: { kind: "symlink", target: node.symlink } });
		else this.#put.push({ path, was: null, now: { kind: "directory", mode: node.perm } });
	}
}
