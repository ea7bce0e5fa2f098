import { futimesSync, readlinkSync, statfsSync } from "node:fs";
import type { BlobId } from "@retake/base";
import {
	type AttributedChanges,
	type BlobWriter,
	type Change,
	createAttributes,
	createChangeset,
	type GroupedAttributes,
	rawTextFromBytes,
	sameNode,
	type TreePath,
} from "@retake/changeset";
import { fileChunks } from "../disk/file-chunks.ts";
import { hashDescriptor } from "../disk/hash-descriptor.ts";
import { writeChunks } from "../disk/write-chunks.ts";
import type { RefusedPath } from "../transaction.ts";
import type { ProtectedReason } from "../tree/refusal.ts";
import { holdsForeign, tooMuch } from "../tree/refused-tree.ts";
import { judgeStamp, type KnownPlace, type KnownTree, plainStampOf } from "./known-tree.ts";
import type { PlainDirectory } from "./plain-directory.ts";
import type { PlainTree } from "./plain-tree.ts";
import { changedProtected, lookAtProtected } from "./protected-trees.ts";
import { type PlainPlace, walkPlainTree } from "./walk-plain-tree.ts";

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
	/** How long the changed files may be together, bytes. */
	readonly logicalBytesMax?: number | undefined;
}

/**
 * Compares a working tree at rest with what was known of it, hashes only files whose status has changed and keeps their
 * contents. Hard links are taken apart, since on an overlay they do not outlive a step either. Throws `TREE_REFUSED`, with
 * the paths, for a fifo, socket or device, none of which is opened, for a path above `pathLengthMax`, and for changed
 * files that together are longer than `logicalBytesMax`, by default the size of the whole file system.
 */
export function captureTree(tree: PlainTree, space: string, options: CaptureOptions): CapturedTree {
	return new TreeCapture(tree, space, options).run();
}

class TreeCapture {
	readonly #tree: PlainTree;
	readonly #options: CaptureOptions;
	readonly #places = new Map<TreePath, KnownPlace>();
	readonly #protectedTops = new Map<TreePath, ProtectedReason>();
	readonly #changes: Change[] = [];
	readonly #attributes: GroupedAttributes[] = [];
	readonly #refused: RefusedPath[] = [];
	readonly #foreign: TreePath[] = [];
	readonly #bytesMax: number;
	/** Inodes that more than one name had when the first of them was met. */
	readonly #linked = new Set<bigint>();
	#bytes = 0;

	constructor(tree: PlainTree, space: string, options: CaptureOptions) {
		this.#tree = tree;
		this.#options = options;
		const { blocks, bsize } = statfsSync(space);
		this.#bytesMax = options.logicalBytesMax ?? blocks * bsize;
	}

	run(): CapturedTree {
		const { known, knownAtNs } = this.#options;
		for (const place of walkPlainTree(this.#tree)) {
			if (place.refusal === null) this.#take(place, known.places.get(place.path));
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

	#take(place: PlainPlace, before: KnownPlace | undefined): void {
		const { status, path } = place;
		if (status.isDirectory()) this.#takeDirectory(place, before);
		else if (status.isSymbolicLink()) {
			const target = rawTextFromBytes(readlinkSync(place.parent.at(place.name), { encoding: "buffer" }));
			this.#keep(place, before, { node: { kind: "symlink", target }, stamp: null, setIdBits: 0 });
		} else if (status.isFile()) this.#takeFile(place, before);
		else this.#foreign.push(path);
	}

	#takeDirectory(place: PlainPlace, before: KnownPlace | undefined): void {
		const { path, status } = place;
		const mode = this.#tree.modeOf(path, status);
		const setIdBits = mode & 0o6000;
		if (setIdBits !== 0 && setIdBits !== before?.setIdBits) this.#refused.push({ path, reason: "set-id-bit" });
		this.#keep(place, before, { node: { kind: "directory", mode: mode & 0o777 }, stamp: null, setIdBits });
	}

	#takeFile(place: PlainPlace, before: KnownPlace | undefined): void {
		const { path, status, parent, name } = place;
		const verdict = judgeStamp(before, plainStampOf(status), this.#options.knownAtNs);
		if (before?.node.kind === "file" && verdict !== "changed") {
			if (verdict === "same" || hashAt(parent, name) === before.node.content) {
				this.#places.set(path, before);
				return;
			}
		}
		this.#bytes += Number(status.size);
		if (this.#bytes > this.#bytesMax) throw tooMuch(path, this.#bytesMax);
		if ((status.mode & 0o6000n) !== 0n) this.#refused.push({ path, reason: "set-id-bit" });
		const mode = Number(status.mode & 0o777n);
		const { id, size } = this.#read(place);
		if (status.nlink > 1n) this.#takeApart(place, mode);
		// Reading and taking apart may have changed the ctime.
		const stamp = plainStampOf(this.#tree.status(path) ?? status);
		this.#note(place);
		this.#keep(place, before, { node: { kind: "file", mode, size, content: id }, stamp, setIdBits: 0 });
	}

	#read({ parent, name, status }: PlainPlace): { readonly id: BlobId; readonly size: number } {
		using file = parent.openFile(name);
		return this.#options.blobs.writeChunks(fileChunks(file.descriptor, Number(status.size)));
	}

	#takeApart({ path, parent, name, status }: PlainPlace, mode: number): void {
		using file = parent.openFile(name);
		this.#tree.writeFile(path, mode, (descriptor) => {
			writeChunks(descriptor, fileChunks(file.descriptor, Number(status.size)));
			futimesSync(descriptor, Number(status.atimeNs) / 1e9, Number(status.mtimeNs) / 1e9);
		});
	}

	#keep(place: PlainPlace, before: KnownPlace | undefined, now: KnownPlace): void {
		const { path } = place;
		this.#places.set(path, now);
		const was = before?.node ?? null;
		if (sameNode(was, now.node)) return;
		this.#changes.push({ path, was, now: now.node });
		if (now.node.kind !== "file") this.#note(place);
	}

	#note({ path, status: { mtimeNs, nlink, ino }, status }: PlainPlace): void {
		const isLinked = status.isFile() && (nlink > 1n || this.#linked.has(ino));
		if (isLinked) this.#linked.add(ino);
		this.#attributes.push({ path, mtimeNs, xattrs: [], extents: null, linkGroup: isLinked ? ino : null });
	}
}

function hashAt(parent: PlainDirectory, name: Buffer): BlobId {
	using file = parent.openFile(name);
	return hashDescriptor(file.descriptor);
}
