import { chmodSync, statfsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { isRetakeError, RetakeError } from "@retake/base";
import {
	type AttributedChanges,
	attributesAt,
	type Blobs,
	comparePaths,
	type FileNode,
	type NodeAttributes,
	parentOf,
	type TreeNode,
	type TreePath,
	walkTree,
} from "@retake/changeset";
import { writeSparse } from "../disk/sparse-file.ts";
import type { TreeOwner } from "../layer-space.ts";
import { nothingChanged, statesBetween, type TreeState } from "../transaction/tree-state.ts";
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
	#captured: AttributedChanges = nothingChanged;
	#kept: KeptTrees | null = null;
	/** Directories whose stamps are to be taken once their times are final. */
	readonly #unstamped = new Set<TreePath>();
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
		this.#stampDirectories();
		this.#at = state;
		this.#captured = nothingChanged;
		this.#isDisturbed = false;
		this.#knownAtNs = this.#room.now();
	}

	/** Captures what a step did: the changeset, what is refused, and what later steps still expect to find. */
	async capture(): Promise<CapturedTree & { readonly kept: KeptTrees | null }> {
		const { space, blobs, logicalBytesMax } = this.#options;
		using tree = this.open();
		const known = { places: this.#places, protectedTrees: this.#protectedTrees };
		const bytesMax = logicalBytesMax ?? sizeOf(this.#room.tree);
		const captured = await captureTree(tree, { known, knownAtNs: this.#knownAtNs, blobs, bytesMax });
		const kept = captured.isProtectedTouched ? new KeptTrees(space, tree, captured.known.protectedTrees) : null;
		this.#places = new Map(captured.known.places);
		this.#protectedTrees = captured.known.protectedTrees;
		this.#captured = captured;
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
		const steps = statesBetween(from, to).map(({ changed }) => changed);
		const isCaptured = steps.length === 1 && to.parent === from && steps[0]?.changeset === this.#captured.changeset;
		const paths = new Set(disturbed.paths);
		for (const { changeset, attributes } of isCaptured ? [] : [...steps, this.#captured]) {
			for (const { path } of [...changeset.changes, ...attributes.entries]) paths.add(path);
		}
		for (const path of [...paths].sort(comparePaths)) this.#put(tree, path, to.tree.lookup(path), to);
		this.#putTimesBack(tree, to);
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
		const parent = parentOf(path);
		if (parent !== null) this.#unstamped.add(parent);
		if (node === null) return tree.remove(path);
		const attributes = this.#attributesAt(path, state);
		if (node.kind !== "file") tree.put(path, node, noContents, attributes);
		else {
			const fill = (descriptor: number): void => this.#fillFile(descriptor, path, node, state, attributes);
			tree.writeFile(path, node.mode, fill, attributes);
		}
		const status = tree.status(path);
		if (status === null)
			throw new RetakeError("BUG", `${path} is not where it was put`, { sort: "bug", data: { path } });
		this.#places.set(path, { node, stamp: plainStampOf(status), setIdBits: 0 });
		if (node.kind === "directory") this.#unstamped.add(path);
	}

	#fillFile(
		descriptor: number,
		path: TreePath,
		{ size }: FileNode,
		state: TreeState<KeptTrees>,
		attributes: NodeAttributes | undefined,
	): void {
		const { base } = this.#options;
		if (size >= cloneBytesMin && state.isAsInBase(path) && base.cloneInto?.(path, descriptor)) return;
		writeSparse(descriptor, state.tree.chunks(path), attributes?.extents ?? null);
	}

	/** Those that a step left, or those of the base. */
	#attributesAt(path: TreePath, state: TreeState<KeptTrees>): NodeAttributes | undefined {
		const inBase = (): NodeAttributes | null => this.#options.base.attributesAt?.(path) ?? null;
		return attributesAt(state.attributes(), path) ?? (state.isAsInBase(path) ? inBase() : null) ?? undefined;
	}

	/** Gives directories that something was put into the times that they had, as far as these are known. */
	#putTimesBack(tree: PlainTree, state: TreeState<KeptTrees>): void {
		for (const path of this.#unstamped) {
			const attributes = this.#places.has(path) ? this.#attributesAt(path, state) : undefined;
			if (attributes !== undefined) tree.setAttributes(path, attributes);
		}
	}

	#stampDirectories(): void {
		using tree = this.open();
		for (const path of this.#unstamped) {
			const known = this.#places.get(path);
			const status = known === undefined ? null : tree.status(path);
			if (known !== undefined && status !== null) this.#places.set(path, { ...known, stamp: plainStampOf(status) });
		}
		this.#unstamped.clear();
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

const noContents = (): Iterable<Uint8Array> => [];

/** Bytes of the file system that holds a path. */
function sizeOf(path: string): number {
	const { blocks, bsize } = statfsSync(path);
	return blocks * bsize;
}
