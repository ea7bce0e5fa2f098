import { constants, fchmodSync, fchownSync, openSync, rmSync } from "node:fs";
import { assert } from "@retake/base";
import {
	baseName,
	type NodeAttributes,
	parentOf,
	rawTextFromBytes,
	type TreeNode,
	type TreePath,
	type TreeReader,
} from "@retake/changeset";
import {
	AT_FDCWD,
	changeModeAt,
	changeOwnerAt,
	cloneFile,
	type FileStatus,
	fileStatus,
	fileStatusAt,
	isSystemCallError,
	makeDirectoryAt,
	makeLinkAt,
	makeSymlinkAt,
	type NameBytes,
	O_PATH,
	OpenDescriptor,
	openBeneath,
	readLinkAt,
	renameAt,
	setModifiedTimeAt,
	unlinkAt,
} from "@retake/linux";
import type { AttributesReader } from "../attributes/attributes-reader.ts";
import { readAttributes } from "../attributes/read-attributes.ts";
import { replaceXattrs, writeXattrs } from "../attributes/write-xattrs.ts";
import { loosenDirectory, openReadable } from "../disk/access.ts";
import { asDiskFull } from "../disk/disk-full.ts";
import { openDirectory } from "../disk/open-directory.ts";
import { placePath } from "../disk/place-path.ts";
import { removeTreeAt } from "../disk/remove-tree.ts";
import { sparseChunks, writeSparse } from "../disk/sparse-file.ts";
import { isUncloneable } from "../disk/try-clone-file.ts";
import type { TreeOwner } from "../layer-space.ts";
import { isBeneath, toNameBytes } from "../tree/name-bytes.ts";
import type { NodeWriter } from "../tree/node-writer.ts";
import { notDirectory } from "../tree/not-directory.ts";
import { FinalDirectories } from "./final-directories.ts";
import { isWhiteoutDevice, makeWhiteout, markOpaque, readOpaqueMark } from "./overlay-marks.ts";

/** What a layer is written over and for. */
export interface LayerWriterOptions {
	/** The layer's directory, absolute; its name with `.new` behind it is used for files being written. */
	readonly directory: string;
	/** The tree below the layer. */
	readonly below: TreeReader;
	/** What the directories below have, which are copied up as parents. */
	readonly attributesBelow?: AttributesReader;
	readonly owner: TreeOwner | null;
	/** Turns a node's mode into the one it has on disk; the mode itself by default. */
	readonly modeOnDisk?: (kind: "file" | "directory", mode: number) => number;
	/** Leaves the time of a directory as it is when something in it is written; else it is that of the writing. */
	readonly keepsTimes?: boolean;
	/** Promises that the layer is empty, that nothing is below and that each path is put once: files go straight to their place. */
	readonly isFresh?: boolean;
}

/** An open directory of the layer, and whether it hides what is below: it is opaque, or lies in one that is. */
type Place = { readonly opened: OpenDescriptor; readonly hides: boolean };

/**
 * Writes nodes into one layer as overlayfs itself would: parents are copied up with their mode, a deletion is a whiteout, a
 * directory in place of something else is opaque. Works on descriptors, one component at a time, and follows no link.
 * Directories get their final mode and time at disposal, so that one without the right to write can still be filled.
 */
export class LayerWriter implements NodeWriter, Disposable {
	readonly #options: LayerWriterOptions;
	readonly #root: OpenDescriptor;
	readonly #final = new FinalDirectories();
	#parent: ({ readonly path: TreePath } & Place) | null = null;

	constructor(options: LayerWriterOptions) {
		this.#options = options;
		this.#root = new OpenDescriptor(openSync(options.directory, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
	}

	/** Puts a file with the given bytes at a path. A failure leaves what was there. Throws `PATH_REFUSED`, `DISK_FULL`. */
	writeFile(path: TreePath, bytes: Iterable<Uint8Array>, mode: number, attributes?: NodeAttributes): void {
		const extents = attributes?.extents ?? null;
		this.#placeFile(path, mode, attributes, (descriptor) => writeSparse(descriptor, bytes, extents));
	}

	/** Puts a file that shares the blocks of an open one at a path; returns false where the file system cannot share. */
	cloneFile(path: TreePath, source: number, mode: number, attributes?: NodeAttributes): boolean {
		try {
			this.#placeFile(path, mode, attributes, (descriptor) => cloneFile(source, descriptor));
			return true;
		} catch (error) {
			if (isUncloneable(error)) return false;
			throw error;
		}
	}

	/** Puts a file at a path that lies outside of the tree on the same file system, whole and with its owner and mode. */
	adoptFile(path: TreePath, staged: string): void {
		try {
			const { directory, name } = this.#placeOf(path);
			if (fileStatusAt(directory, name)?.kind === "directory") this.#clear(directory, name);
			renameAt(AT_FDCWD, staged, directory, name);
		} catch (error) {
			rmSync(staged, { force: true });
			throw asDiskFull(error);
		}
	}

	/** Puts a symbolic link at a path. */
	makeSymlink(path: TreePath, target: string, attributes?: NodeAttributes): void {
		const { directory, name } = this.#placeOf(path);
		this.#clear(directory, name);
		makeSymlinkAt(toNameBytes(target), directory, name);
		this.#own(directory, name);
		if (attributes !== undefined) setModifiedTimeAt(directory, name, attributes.mtimeNs);
	}

	/** Puts a directory at a path: an empty one in place of anything else, or only its mode and attributes on one that is there. */
	makeDirectory(path: TreePath, mode: number, attributes?: NodeAttributes): void {
		const place = this.#placeOf(path);
		using opened = this.#enter(place, path, mode).opened;
		this.#final.setMode(path, this.#modeOnDisk("directory", mode));
		if (attributes === undefined) return;
		replaceXattrs(placePath(opened.descriptor, "."), attributes.xattrs);
		this.#final.setTime(path, attributes.mtimeNs);
	}

	/** Puts a second name of the file or link that this layer holds at `target`; a copy where that may have no more names. */
	makeLink(path: TreePath, target: TreePath): void {
		const { directory, name } = this.#placeOf(path);
		this.#clear(directory, name);
		using from = openDirectory(this.#root.descriptor, parentOf(target));
		const source = toNameBytes(baseName(target));
		try {
			makeLinkAt(from.descriptor, source, directory, name);
		} catch (error) {
			if (!isSystemCallError(error, "EMLINK")) throw error;
			this.makeCopy(path, target);
		}
	}

	/** Puts a file or link of its own at a path, like the one that this layer holds at `target`: another path, or this one, which then shares it no longer. */
	makeCopy(path: TreePath, target: TreePath): void {
		const { directory, name } = this.#placeOf(target);
		const status = fileStatusAt(directory, name);
		assert(status?.kind === "file" || status?.kind === "symlink", "only files and links have several names");
		const attributes = readAttributes(directory, name, status);
		if (status.kind === "symlink")
			return this.makeSymlink(path, rawTextFromBytes(readLinkAt(directory, name)), attributes);
		using file = openReadable(directory, name, status);
		this.writeFile(path, sparseChunks(file.descriptor, status.size, attributes.extents), status.mode, attributes);
	}

	/** Gives what is at a path other attributes: first copied up where only the tree below has it; nothing where nothing is there. */
	setAttributes(path: TreePath, attributes: NodeAttributes): void {
		const visible = this.#visibleParent(path);
		if (visible === "hidden") return;
		if (visible === "here") {
			const { directory, name, hides } = this.#placeOf(path);
			const status = fileStatusAt(directory, name);
			if (status !== null && !isWhiteoutDevice(status))
				return this.#reattribute(directory, name, path, status, attributes);
			if (status !== null || hides) return;
		}
		const { below } = this.#options;
		const node = below.lookup(path);
		if (node !== null) this.put(path, node, () => below.chunks(path), attributes);
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

	/** Puts a node at a path; a file's contents come from `contents`. */
	put(path: TreePath, node: TreeNode, contents: () => Iterable<Uint8Array>, attributes?: NodeAttributes): void {
		switch (node.kind) {
			case "file":
				return this.writeFile(path, contents(), node.mode, attributes);
			case "symlink":
				return this.makeSymlink(path, node.target, attributes);
			case "directory":
				return this.makeDirectory(path, node.mode, attributes);
		}
	}

	[Symbol.dispose](): void {
		this.#forgetParent();
		this.#final.settle(this.#root.descriptor);
		this.#root[Symbol.dispose]();
	}

	#modeOnDisk(kind: "file" | "directory", mode: number): number {
		return this.#options.modeOnDisk?.(kind, mode) ?? mode;
	}

	#placeFile(
		path: TreePath,
		mode: number,
		attributes: NodeAttributes | undefined,
		write: (descriptor: number) => void,
	): void {
		const fill = (descriptor: number, at: NameBytes): void => {
			write(descriptor);
			if (attributes !== undefined) writeXattrs(at, attributes.xattrs);
			const { owner } = this.#options;
			if (owner !== null) fchownSync(descriptor, owner.uid, owner.gid);
			fchmodSync(descriptor, this.#modeOnDisk("file", mode & 0o777));
			if (attributes !== undefined) setModifiedTimeAt(AT_FDCWD, at, attributes.mtimeNs);
		};
		try {
			if (this.#options.isFresh) this.#makeFile(path, fill);
			else this.#replaceFile(path, fill);
		} catch (error) {
			throw asDiskFull(error);
		}
	}

	#makeFile(path: TreePath, fill: (descriptor: number, at: NameBytes) => void): void {
		const { directory, name } = this.#placeOf(path);
		const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
		using file = new OpenDescriptor(openBeneath(directory, name, flags, 0o600));
		fill(file.descriptor, placePath(directory, name));
	}

	/** Fills a file outside of the tree, then puts it in place by a rename, so that a failure leaves what was there. */
	#replaceFile(path: TreePath, fill: (descriptor: number, at: NameBytes) => void): void {
		const staged = `${this.#options.directory}.new`;
		try {
			{
				using file = new OpenDescriptor(openSync(staged, "w", 0o600));
				fill(file.descriptor, staged);
			}
			this.adoptFile(path, staged);
		} catch (error) {
			rmSync(staged, { force: true });
			throw error;
		}
	}

	/** What lies in the layer already is changed where it lies; the holes of a file stay as they are. */
	#reattribute(
		directory: number,
		name: NameBytes,
		path: TreePath,
		{ kind, mode }: FileStatus,
		{ xattrs, mtimeNs }: NodeAttributes,
	): void {
		if (kind === "directory") {
			using opened = this.#openLoose(directory, name, path);
			replaceXattrs(placePath(opened.descriptor, "."), xattrs);
			this.#final.setTime(path, mtimeNs);
			this.#final.keepMode(path, mode);
			return;
		}
		if (kind === "file") {
			changeModeAt(directory, name, mode | 0o600);
			replaceXattrs(placePath(directory, name), xattrs);
			changeModeAt(directory, name, mode);
		}
		setModifiedTimeAt(directory, name, mtimeNs);
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
		if (this.#options.keepsTimes) this.#final.keepTime(path, () => fileStatus(place.opened.descriptor).mtimeNs);
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
		const isCopied = below?.kind === "directory";
		const parentTime = isCopied ? fileStatus(parent).mtimeNs : null;
		makeDirectoryAt(parent, name, 0o700);
		this.#own(parent, name);
		this.#final.forgetTime(path);
		const opened = new OpenDescriptor(openBeneath(parent, name, O_PATH | constants.O_DIRECTORY));
		const isOpaque = isReplacing || isOverOther;
		if (isOpaque) markOpaque(opened.descriptor);
		this.#final.setMode(path, this.#modeOnDisk("directory", isCopied ? below.mode : 0o755));
		const attributes = isCopied ? this.#options.attributesBelow?.attributesAt(path) : null;
		if (attributes) {
			writeXattrs(placePath(opened.descriptor, "."), attributes.xattrs);
			setModifiedTimeAt(opened.descriptor, ".", attributes.mtimeNs);
		}
		// To copy a directory up does not change the one that it is in.
		if (parentTime !== null) setModifiedTimeAt(parent, ".", parentTime);
		return { opened, hides: step.hides || isOpaque };
	}

	#openLoose(parent: number, name: NameBytes, path: TreePath): OpenDescriptor {
		const opened = new OpenDescriptor(openBeneath(parent, name, O_PATH | constants.O_DIRECTORY));
		const mode = loosenDirectory(opened.descriptor);
		if (mode !== null) this.#final.keepMode(path, mode);
		return opened;
	}

	/** Tells where a path's parent is seen: in this layer, only below it, or nowhere because this layer has something else on the way. */
	#visibleParent(path: TreePath): "here" | "below" | "hidden" {
		const parent = parentOf(path);
		if (parent === null || this.#parent?.path === parent) return "here";
		const from = this.#parent !== null && isBeneath(parent, this.#parent.path) ? this.#parent : null;
		let opened = openDirectory((from?.opened ?? this.#root).descriptor, null);
		let hides = from?.hides ?? false;
		try {
			for (let at = from === null ? 0 : from.path.length + 1; at <= parent.length; ) {
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
