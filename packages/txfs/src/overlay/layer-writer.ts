import { chmodSync, constants, fchmodSync, fchownSync, openSync, rmSync } from "node:fs";
import {
	type BlobReader,
	baseName,
	type Changeset,
	parentOf,
	type TreeNode,
	type TreePath,
	type TreeReader,
} from "@retake/changeset";
import {
	AT_FDCWD,
	changeOwnerAt,
	cloneFile,
	fileStatusAt,
	isSystemCallError,
	makeDirectoryAt,
	makeSymlinkAt,
	type NameBytes,
	O_PATH,
	OpenDescriptor,
	openBeneath,
	renameAt,
	unlinkAt,
} from "@retake/linux";
import { loosenDirectory } from "../disk/access.ts";
import { asDiskFull } from "../disk/disk-full.ts";
import { openDirectory } from "../disk/open-directory.ts";
import { removeTreeAt } from "../disk/remove-tree.ts";
import { isUncloneable } from "../disk/try-clone-file.ts";
import { writeChunks } from "../disk/write-chunks.ts";
import type { TreeOwner } from "../layer-space.ts";
import { isBeneath, toNameBytes } from "../tree/name-bytes.ts";
import { notDirectory } from "../tree/not-directory.ts";
import { isWhiteoutDevice, makeWhiteout, markOpaque, readOpaqueMark } from "./overlay-marks.ts";

/** What a layer is written over and for. */
export interface LayerWriterOptions {
	/** The layer's directory, absolute; its name with `.new` behind it is used for files being written. */
	readonly directory: string;
	/** The tree below the layer. */
	readonly below: TreeReader;
	readonly owner: TreeOwner | null;
	/** Turns a node's mode into the one it has on disk; the mode itself by default. */
	readonly modeOnDisk?: (kind: "file" | "directory", mode: number) => number;
	/** Promises that the layer is empty, that nothing is below and that each path is put once: files go straight to their place. */
	readonly isFresh?: boolean;
}

/** An open directory of the layer, and whether it hides what is below: it is opaque, or lies in one that is. */
type Place = { readonly opened: OpenDescriptor; readonly hides: boolean };

/**
 * Writes nodes into one layer as overlayfs itself would: parents are copied up with their mode, a deletion is a whiteout, a
 * directory in place of something else is opaque. Works on descriptors, one component at a time, and follows no link.
 * Directories get their final mode at disposal, so that one without the right to write can still be filled.
 */
export class LayerWriter implements Disposable {
	readonly #options: LayerWriterOptions;
	readonly #root: OpenDescriptor;
	readonly #finalModes = new Map<TreePath, number>();
	#parent: ({ readonly path: TreePath } & Place) | null = null;

	constructor(options: LayerWriterOptions) {
		this.#options = options;
		this.#root = new OpenDescriptor(openSync(options.directory, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
	}

	/** Puts a file with the given bytes at a path. A failure leaves what was there. Throws `PATH_REFUSED`, `DISK_FULL`. */
	writeFile(path: TreePath, bytes: Iterable<Uint8Array>, mode: number): void {
		this.#placeFile(path, mode, (descriptor) => writeChunks(descriptor, bytes));
	}

	/** Puts a file that shares the blocks of an open one at a path; returns false where the file system cannot share. */
	cloneFile(path: TreePath, source: number, mode: number): boolean {
		try {
			this.#placeFile(path, mode, (descriptor) => cloneFile(source, descriptor));
			return true;
		} catch (error) {
			if (isUncloneable(error)) return false;
			throw error;
		}
	}

	/** Puts a symbolic link at a path. */
	makeSymlink(path: TreePath, target: string): void {
		const { directory, name } = this.#placeOf(path);
		this.#clear(directory, name);
		makeSymlinkAt(toNameBytes(target), directory, name);
		this.#own(directory, name);
	}

	/** Puts a directory at a path: an empty one in place of anything else, or only its mode on one that is there. */
	makeDirectory(path: TreePath, mode: number): void {
		const { directory, name, hides } = this.#placeOf(path);
		this.#enter({ directory, name, hides }, path, mode).opened[Symbol.dispose]();
		this.#finalModes.set(path, this.#modeOnDisk("directory", mode));
	}

	/** Takes away whatever is at a path. */
	remove(path: TreePath): void {
		const visible = this.#visibleParent(path);
		if (visible === "hidden") return;
		if (visible === "below" && this.#options.below.lookup(path) === null) return;
		const { directory, name, hides } = this.#placeOf(path);
		this.#clear(directory, name);
		if (!hides && this.#options.below.lookup(path) !== null) makeWhiteout(directory, name, this.#options.owner);
	}

	/** Puts what a changeset says now is at each path; file contents come from the blob store. */
	apply(changeset: Changeset, blobs: BlobReader): void {
		const gone: TreePath[] = [];
		for (const { path, now } of changeset.changes) {
			if (now !== null) this.put(path, now, blobs);
			else if (!isBeneath(path, gone.at(-1))) {
				gone.push(path);
				this.remove(path);
			}
		}
	}

	/** Puts a node at a path. */
	put(path: TreePath, node: TreeNode, blobs: BlobReader): void {
		switch (node.kind) {
			case "file":
				return this.writeFile(path, blobs.chunks(node.content), node.mode);
			case "symlink":
				return this.makeSymlink(path, node.target);
			case "directory":
				return this.makeDirectory(path, node.mode);
		}
	}

	[Symbol.dispose](): void {
		this.#forgetParent();
		for (const [path, mode] of [...this.#finalModes].reverse()) {
			try {
				using opened = openDirectory(this.#root.descriptor, path);
				chmodSync(opened.path, mode);
			} catch (error) {
				// Replaced after its mode was noted.
				if (!isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
			}
		}
		this.#finalModes.clear();
		this.#root[Symbol.dispose]();
	}

	#modeOnDisk(kind: "file" | "directory", mode: number): number {
		return this.#options.modeOnDisk?.(kind, mode) ?? mode;
	}

	#placeFile(path: TreePath, mode: number, fill: (descriptor: number) => void): void {
		try {
			if (this.#options.isFresh) this.#makeFile(path, mode, fill);
			else this.#replaceFile(path, mode, fill);
		} catch (error) {
			throw asDiskFull(error);
		}
	}

	#makeFile(path: TreePath, mode: number, fill: (descriptor: number) => void): void {
		const { directory, name } = this.#placeOf(path);
		const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
		using file = new OpenDescriptor(openBeneath(directory, name, flags, 0o600));
		this.#fill(file.descriptor, mode, fill);
	}

	/** Fills a file outside of the tree, then puts it in place by a rename, so that a failure leaves what was there. */
	#replaceFile(path: TreePath, mode: number, fill: (descriptor: number) => void): void {
		const staged = `${this.#options.directory}.new`;
		try {
			{
				using file = new OpenDescriptor(openSync(staged, "w", 0o600));
				this.#fill(file.descriptor, mode, fill);
			}
			const { directory, name } = this.#placeOf(path);
			if (fileStatusAt(directory, name)?.kind === "directory") this.#clear(directory, name);
			renameAt(AT_FDCWD, staged, directory, name);
		} catch (error) {
			rmSync(staged, { force: true });
			throw error;
		}
	}

	#fill(descriptor: number, mode: number, fill: (descriptor: number) => void): void {
		fill(descriptor);
		const { owner } = this.#options;
		if (owner !== null) fchownSync(descriptor, owner.uid, owner.gid);
		fchmodSync(descriptor, this.#modeOnDisk("file", mode & 0o777));
	}

	#placeOf(path: TreePath): { readonly directory: number; readonly name: NameBytes; readonly hides: boolean } {
		const name = toNameBytes(baseName(path));
		const parent = parentOf(path);
		if (parent === null) return { directory: this.#root.descriptor, name, hides: false };
		const { opened, hides } = this.#openParent(parent);
		return { directory: opened.descriptor, name, hides };
	}

	/** Opens a directory of the layer, copying it and its parents up. The one last used stays open: writes come in order. */
	#openParent(path: TreePath): Place {
		if (this.#parent?.path === path) return this.#parent;
		const from = this.#parent !== null && isBeneath(path, this.#parent.path) ? this.#parent : null;
		let place: Place = {
			opened: openDirectory((from?.opened ?? this.#root).descriptor, null),
			hides: from?.hides ?? false,
		};
		let at = from === null ? 0 : from.path.length + 1;
		while (at <= path.length) {
			const slash = path.indexOf("/", at);
			const end = slash === -1 ? path.length : slash;
			using previous = place.opened;
			const step = { directory: previous.descriptor, name: toNameBytes(path.slice(at, end)), hides: place.hides };
			place = this.#enter(step, path.slice(0, end) as TreePath, null);
			at = end + 1;
		}
		this.#forgetParent();
		this.#parent = { path, ...place };
		return place;
	}

	/** Opens a directory by its name, made where it is missing: `mode` null asks for a parent, which must not replace anything. */
	#enter(
		step: { readonly directory: number; readonly name: NameBytes; readonly hides: boolean },
		path: TreePath,
		mode: number | null,
	): Place {
		const { directory: parent, name } = step;
		const status = fileStatusAt(parent, name);
		if (status?.kind === "directory") {
			const opened = this.#openLoose(parent, name, path);
			return { opened, hides: step.hides || (!this.#options.isFresh && readOpaqueMark(opened.descriptor) === "hides") };
		}
		const isReplacing = status !== null;
		const below = isReplacing || step.hides ? null : this.#options.below.lookup(path);
		const isOverOther = below !== null && below.kind !== "directory";
		const isBlocked = (isReplacing && !isWhiteoutDevice(status)) || isOverOther;
		if (isBlocked && mode === null) throw notDirectory(path);
		if (isReplacing) unlinkAt(parent, name);
		makeDirectoryAt(parent, name, 0o700);
		this.#own(parent, name);
		const opened = new OpenDescriptor(openBeneath(parent, name, O_PATH | constants.O_DIRECTORY));
		const isOpaque = isReplacing || isOverOther;
		if (isOpaque) markOpaque(opened.descriptor);
		const copied = below?.kind === "directory" ? below.mode : 0o755;
		this.#finalModes.set(path, this.#modeOnDisk("directory", copied));
		return { opened, hides: step.hides || isOpaque };
	}

	#openLoose(parent: number, name: NameBytes, path: TreePath): OpenDescriptor {
		const opened = new OpenDescriptor(openBeneath(parent, name, O_PATH | constants.O_DIRECTORY));
		const mode = loosenDirectory(opened.descriptor);
		if (mode !== null && !this.#finalModes.has(path)) this.#finalModes.set(path, mode);
		return opened;
	}

	/** Tells where a path's parent is seen: in this layer, only below it, or nowhere because this layer has something else on the way. */
	#visibleParent(path: TreePath): "here" | "below" | "hidden" {
		const parent = parentOf(path);
		if (parent === null || this.#parent?.path === parent) return "here";
		let opened = openDirectory(this.#root.descriptor, null);
		let hides = false;
		try {
			for (let at = 0; at <= parent.length; ) {
				const slash = parent.indexOf("/", at);
				const end = slash === -1 ? parent.length : slash;
				const name = toNameBytes(parent.slice(at, end));
				const status = fileStatusAt(opened.descriptor, name);
				if (status === null) return hides ? "hidden" : "below";
				if (status.kind !== "directory") return "hidden";
				using previous = opened;
				opened = this.#openLoose(previous.descriptor, name, parent.slice(0, end) as TreePath);
				hides ||= readOpaqueMark(opened.descriptor) === "hides";
				at = end + 1;
			}
			return "here";
		} finally {
			opened[Symbol.dispose]();
		}
	}

	#clear(directory: number, name: NameBytes): void {
		const status = fileStatusAt(directory, name);
		if (status === null) return;
		if (status.kind !== "directory") return unlinkAt(directory, name);
		this.#forgetParentUnless(directory);
		removeTreeAt(directory, name);
	}

	#own(directory: number, name: NameBytes): void {
		const { owner } = this.#options;
		if (owner !== null) changeOwnerAt(directory, name, owner.uid, owner.gid);
	}

	/** The directory kept open may lie in what is about to be removed. */
	#forgetParentUnless(directory: number): void {
		if (this.#parent?.opened.descriptor !== directory) this.#forgetParent();
	}

	#forgetParent(): void {
		this.#parent?.opened[Symbol.dispose]();
		this.#parent = null;
	}
}
