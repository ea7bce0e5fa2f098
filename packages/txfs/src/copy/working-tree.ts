import { chmodSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { isRetakeError } from "@retake/base";
import {
	type Blobs,
	type Changeset,
	comparePaths,
	emptyChangeset,
	type FileNode,
	sameNode,
	type TreeNode,
	type TreePath,
	walkTree,
} from "@retake/changeset";
import { writeChunks } from "../disk/write-chunks.ts";
import type { TreeOwner } from "../layer-space.ts";
import { pathsBetween, type TreeState } from "../transaction/tree-state.ts";
import { type CapturedTree, captureTree } from "./capture-tree.ts";
import type { CopyBase } from "./copy-backend.ts";
import { type Disturbed, findDisturbed, undisturbed } from "./find-disturbed.ts";
import { KeptTrees } from "./kept-trees.ts";
import { type KnownPlace, type KnownTree, plainStampOf } from "./known-tree.ts";
import { PlainTree } from "./plain-tree.ts";
import { lookAtProtected } from "./protected-trees.ts";
import { TreeRoom } from "./tree-room.ts";

/** Places written before other work gets a turn. */
const placesPerTurn = 256;

/** A file from this size on shares the blocks of the base's where the file system can; for a smaller one that costs more than it saves. Bytes. */
const cloneBytesMin = 1024 * 1024;

/** What a working tree is made of. */
export interface WorkingTreeOptions {
	readonly base: CopyBase;
	/** Directory in which rooms are made. */
	readonly space: string;
	readonly owner: TreeOwner | null;
	readonly blobs: Blobs;
	readonly logicalBytesMax?: number | undefined;
}

/**
 * The one directory in which a transaction's steps are made, one after another. It is brought to a state by putting in place
 * what differs, and captured by comparing it with what is known of it.
 */
export class WorkingTree {
	readonly #options: WorkingTreeOptions;
	readonly #room: TreeRoom;
	#places = new Map<TreePath, KnownPlace>();
	#protectedTrees: KnownTree["protectedTrees"] = new Map();
	/** When all that was certain, by the clock of the file system, nanoseconds. */
	#knownAtNs = 0n;
	/** The state that it was last brought to; null where nobody knows what is in it. */
	#at: TreeState<KeptTrees> | null = null;
	/** What was captured since. */
	#captured: Changeset = emptyChangeset;
	#kept: KeptTrees | null = null;
	/** Whether a step has been dropped since. */
	#isDisturbed = false;

	/** Makes it empty. */
	constructor(options: WorkingTreeOptions) {
		this.#options = options;
		this.#room = new TreeRoom(options.space, options.owner);
	}

	/** The directory, for a sandbox to bind. */
	get directory(): string {
		return this.#room.tree;
	}

	/** Opens the tree for reading and writing. */
	open(): PlainTree {
		return new PlainTree(this.#room, this.#options.owner);
	}

	/** Makes it hold what a state does. Throws `DISK_FULL`. */
	async bring(state: TreeState<KeptTrees>): Promise<void> {
		const from = this.#at;
		this.#at = null;
		chmodSync(this.#room.tree, 0o755);
		if (from === null || !this.#move(from, state)) await this.#fill(state);
		this.#at = state;
		this.#captured = emptyChangeset;
		this.#isDisturbed = false;
		this.#knownAtNs = this.#room.now();
	}

	/** Captures what a step did: the changeset, what is refused, and what later steps still expect to find. */
	capture(): CapturedTree & { readonly kept: KeptTrees | null } {
		const { space, blobs, logicalBytesMax } = this.#options;
		using tree = this.open();
		const known = { places: this.#places, protectedTrees: this.#protectedTrees };
		const captured = captureTree(tree, this.#room.tree, { known, knownAtNs: this.#knownAtNs, blobs, logicalBytesMax });
		const kept = captured.isProtectedTouched ? new KeptTrees(space, tree, captured.known.protectedTrees) : null;
		this.#places = new Map(captured.known.places);
		this.#protectedTrees = captured.known.protectedTrees;
		this.#captured = captured.changeset;
		this.#kept = kept ?? this.#kept;
		return { ...captured, kept };
	}

	/** Tells that somebody wrote to it and that nothing was captured. */
	disturb(): void {
		this.#isDisturbed = true;
	}

	/** Removes it. */
	remove(): void {
		this.#room.remove();
	}

	/** Puts in place what differs between two states, and what a dropped step left; false where that cannot be told. */
	#move(from: TreeState<KeptTrees>, to: TreeState<KeptTrees>): boolean {
		using tree = this.open();
		const disturbed = this.#isDisturbed ? this.#findDisturbed(tree) : undisturbed;
		if (disturbed === null) return false;
		const paths = pathsBetween(from, to);
		for (const { path } of this.#captured.changes) paths.add(path);
		for (const path of disturbed.paths) paths.add(path);
		for (const path of [...paths].sort(comparePaths)) {
			const node = to.tree.lookup(path);
			const isThere = sameNode(this.#places.get(path)?.node ?? null, node);
			if (!isThere || disturbed.paths.has(path)) this.#put(tree, path, node, to);
		}
		const kept = keptOf(to);
		if (kept === this.#kept && !disturbed.isProtectedTouched) return true;
		for (const path of new Set([...this.#protectedTrees.keys(), ...disturbed.protectedPaths])) tree.remove(path);
		this.#putKept(tree, kept);
		return true;
	}

	/** Makes the whole tree anew. */
	async #fill(state: TreeState<KeptTrees>): Promise<void> {
		this.#room.empty(this.#options.owner);
		this.#places.clear();
		using tree = this.open();
		let count = 0;
		for (const { path, node } of walkTree(state.tree)) {
			this.#put(tree, path, node, state);
			if (++count % placesPerTurn === 0) await setImmediate();
		}
		this.#putKept(tree, keptOf(state));
	}

	#findDisturbed(tree: PlainTree): Disturbed | null {
		try {
			return findDisturbed(tree, { places: this.#places, protectedTrees: this.#protectedTrees }, this.#knownAtNs);
		} catch (error) {
			if (isRetakeError(error, "TREE_REFUSED")) return null;
			throw error;
		}
	}

	#put(tree: PlainTree, path: TreePath, node: TreeNode | null, state: TreeState<KeptTrees>): void {
		this.#places.delete(path);
		if (node === null) return tree.remove(path);
		if (node.kind === "directory") tree.makeDirectory(path, node.mode);
		else if (node.kind === "symlink") tree.makeSymlink(path, node.target);
		else tree.writeFile(path, node.mode, (descriptor) => this.#fillFile(descriptor, path, node, state));
		const status = node.kind === "file" ? tree.status(path) : null;
		this.#places.set(path, { node, stamp: status === null ? null : plainStampOf(status), setIdBits: 0 });
	}

	#fillFile(descriptor: number, path: TreePath, { size }: FileNode, state: TreeState<KeptTrees>): void {
		const { base } = this.#options;
		if (size >= cloneBytesMin && state.isAsInBase(path) && base.cloneInto?.(path, descriptor)) return;
		writeChunks(descriptor, state.tree.chunks(path));
	}

	#putKept(tree: PlainTree, kept: KeptTrees | null): void {
		kept?.putInto(tree);
		this.#kept = kept;
		this.#protectedTrees = lookAtProtected(tree, kept?.tops ?? new Map());
	}
}

/** What the last step of a state's that touched protected names left of them. */
function keptOf(state: TreeState<KeptTrees>): KeptTrees | null {
	for (let at: TreeState<KeptTrees> | null = state; at !== null; at = at.parent) if (at.layer !== null) return at.layer;
	return null;
}
