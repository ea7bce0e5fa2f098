import { readlinkSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { BlobId } from "@retake/base";
import {
	type AttributedChanges,
	type BlobWriter,
	type Change,
	createAttributes,
	createChangeset,
	type GroupedAttributes,
	type NodeAttributes,
	parentOf,
	rawTextFromBytes,
	sameNode,
	type TreeNode,
	type TreePath,
} from "@retake/changeset";
import { ContentKeeper, largeFileBytesMin } from "../disk/content-keeper.ts";
import { isSameStamp } from "../disk/file-stamp.ts";
import { hashDescriptor } from "../disk/hash-descriptor.ts";
import { sparseChunks } from "../disk/sparse-file.ts";
import type { RefusedPath } from "../transaction.ts";
import type { ProtectedReason } from "../tree/refusal.ts";
import { holdsForeign, tooMuch } from "../tree/refused-tree.ts";
import { judgeStamp, type KnownPlace, type KnownTree, plainStampOf } from "./known-tree.ts";
import { plainExtents, plainXattrs } from "./plain-attributes.ts";
import type { PlainDirectory } from "./plain-directory.ts";
import type { PlainTree } from "./plain-tree.ts";
import { changedProtected, lookAtProtected } from "./protected-trees.ts";
import { type PlainPlace, walkPlainTree } from "./walk-plain-tree.ts";

/** Places looked at before other work of this process has its turn. */
const placesPerTurn = 64;

/** What a working tree holds that differs from what was known of it. */
export interface CapturedTree extends AttributedChanges {
	readonly refused: readonly RefusedPath[];
	readonly isProtectedTouched: boolean;
	/** What is known from now on. */
	readonly known: KnownTree;
}

/** What a working tree is compared with. */
export interface CaptureOptions {
	readonly known: KnownTree;
	/** When `known` was certain, by the clock of the file system, nanoseconds. */
	readonly knownAtNs: bigint;
	readonly blobs: BlobWriter;
	/** How long changed files may be together, holes included, bytes. */
	readonly bytesMax: number;
}

/**
 * Compares a working tree at rest with what was known of it, hashes only files whose status has changed and keeps their
 * contents. Hard links are taken apart, since on an overlay they do not outlive a step either. Throws `TREE_REFUSED`, with
 * the paths, for a fifo, socket or device, none of which is opened, for a path above `pathLengthMax`, and for changed
 * files that together are longer than `bytesMax`.
 */
export async function captureTree(tree: PlainTree, options: CaptureOptions): Promise<CapturedTree> {
	await using keeper = new ContentKeeper(options.blobs);
	return await new TreeCapture(tree, options, keeper).run();
}

class TreeCapture {
	readonly #keeper: ContentKeeper;
	readonly #tree: PlainTree;
	readonly #options: CaptureOptions;
	readonly #places = new Map<TreePath, KnownPlace>();
	readonly #protectedTops = new Map<TreePath, ProtectedReason>();
	readonly #changes: Change[] = [];
	readonly #attributes: GroupedAttributes[] = [];
	readonly #refused: RefusedPath[] = [];
	readonly #foreign: TreePath[] = [];
	/** Inodes that more than one name had when the first of them was met. */
	readonly #linked = new Set<bigint>();
	readonly #contents = new Map<bigint, ReadContent>();
	#bytes = 0;

	constructor(tree: PlainTree, options: CaptureOptions, keeper: ContentKeeper) {
		this.#keeper = keeper;
		this.#tree = tree;
		this.#options = options;
	}

	async run(): Promise<CapturedTree> {
		const { known, knownAtNs } = this.#options;
		let met = 0;
		for (const place of walkPlainTree(this.#tree)) {
			if (++met % placesPerTurn === 0) await setImmediate();
			if (place.refusal === null) await this.#take(place, known.places.get(place.path));
			else this.#protectedTops.set(place.path, place.refusal);
		}
		if (this.#foreign.length > 0) throw holdsForeign(this.#foreign);
		for (const [path, { node }] of known.places) {
			if (!this.#places.has(path)) this.#changes.push({ path, was: node, now: null });
		}
		const protectedTrees = lookAtProtected(this.#tree, this.#protectedTops);
		const touched = changedProtected(known.protectedTrees, protectedTrees, knownAtNs);
		return {
			changeset: createChangeset(this.#changes),
			attributes: createAttributes(this.#attributes),
			refused: [...this.#refused, ...touched],
			isProtectedTouched: touched.length > 0,
			known: { places: this.#places, protectedTrees },
		};
	}

	async #take(place: PlainPlace, before: KnownPlace | undefined): Promise<void> {
		const { status, path } = place;
		if (status.isDirectory()) this.#takeDirectory(place, before);
		else if (status.isSymbolicLink()) {
			const target = rawTextFromBytes(readlinkSync(place.parent.at(place.name), { encoding: "buffer" }));
			this.#keep(place, before, { kind: "symlink", target });
		} else if (status.isFile()) await this.#takeFile(place, before);
		else this.#foreign.push(path);
	}

	#takeDirectory(place: PlainPlace, before: KnownPlace | undefined): void {
		const { path, status } = place;
		const mode = this.#tree.modeOf(path, status);
		const setIdBits = mode & 0o6000;
		if (setIdBits !== 0 && setIdBits !== before?.setIdBits) this.#refused.push({ path, reason: "set-id-bit" });
		this.#keep(place, before, { kind: "directory", mode: mode & 0o777 }, setIdBits);
	}

	async #takeFile(place: PlainPlace, before: KnownPlace | undefined): Promise<void> {
		const { path, status, parent, name } = place;
		const { knownAtNs, bytesMax } = this.#options;
		const verdict = judgeStamp(before, plainStampOf(status), knownAtNs);
		if (before?.node.kind === "file" && verdict !== "changed") {
			if (verdict === "same" || hashAt(parent, name) === before.node.content) {
				this.#places.set(path, before);
				return;
			}
		}
		this.#bytes += Number(status.size);
		if (this.#bytes > bytesMax) throw tooMuch(path, bytesMax);
		if ((status.mode & 0o6000n) !== 0n) this.#refused.push({ path, reason: "set-id-bit" });
		const mode = Number(status.mode & 0o777n);
		const { size, content, extents } = await this.#read(place);
		this.#keep(place, before, { kind: "file", mode, size, content }, 0, extents);
	}

	/** Reads a file; one of several names is read once. */
	async #read({ parent, name, status }: PlainPlace): Promise<ReadContent> {
		const known = this.#contents.get(status.ino);
		if (known !== undefined) return known;
		using file = parent.openFile(name);
		const { descriptor } = file;
		const request = { descriptor, size: Number(status.size), extents: plainExtents(descriptor, Number(status.size)) };
		const { id, size } =
			request.size < largeFileBytesMin ? this.#keeper.keep(request) : await this.#keeper.keepByThread(request);
		const { extents } = request;
		const read = { size, content: id, extents };
		if (status.nlink > 1n) this.#contents.set(status.ino, read);
		return read;
	}

	/** Keeps what is at a place, its attributes too where anything about it has changed. */
	#keep(
		place: PlainPlace,
		before: KnownPlace | undefined,
		node: TreeNode,
		setIdBits = 0,
		extents: Extents = null,
	): void {
		const { path, status, parent, name } = place;
		const was = before?.node ?? null;
		if (!sameNode(was, node)) this.#changes.push({ path, was, now: node });
		if (before === undefined || !isSameStamp(before.stamp, plainStampOf(status))) {
			const { kept: xattrs, isDropping } = plainXattrs(parent, name);
			if (isDropping) this.#refused.push({ path, reason: "extended-attribute" });
			const isLinked = node.kind !== "directory" && (status.nlink > 1n || this.#linked.has(status.ino));
			const attributes = { mtimeNs: status.mtimeNs, xattrs, extents };
			if (isLinked) this.#linked.add(status.ino);
			this.#attributes.push({ path, ...attributes, linkGroup: isLinked ? status.ino : null });
			if (status.nlink > 1n && isLinked) this.#takeApart(place, node, attributes);
		}
		// Reading and taking apart may have changed the ctime.
		this.#places.set(path, { node, stamp: plainStampOf(this.#tree.status(path) ?? status), setIdBits });
	}

	/** Makes a file or link that has other names one of its own. */
	#takeApart({ path, parent, name, status }: PlainPlace, node: TreeNode, attributes: NodeAttributes): void {
		this.#tree.keepTime(parentOf(path));
		if (node.kind !== "file") return this.#tree.put(path, node, () => [], attributes);
		using file = parent.openFile(name);
		const chunks = sparseChunks(file.descriptor, Number(status.size), attributes.extents);
		this.#tree.put(path, node, () => chunks, attributes);
	}
}

type Extents = NodeAttributes["extents"];
type ReadContent = { readonly size: number; readonly content: BlobId; readonly extents: Extents };

function hashAt(parent: PlainDirectory, name: Buffer): BlobId {
	using file = parent.openFile(name);
	return hashDescriptor(file.descriptor);
}
