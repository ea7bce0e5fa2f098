import {
	type BigIntStats,
	closeSync,
	constants,
	fchmodSync,
	fchownSync,
	fstatSync,
	lchownSync,
	linkSync,
	mkdirSync,
	openSync,
	renameSync,
	rmSync,
	symlinkSync,
	unlinkSync,
} from "node:fs";
import { baseName, type NodeAttributes, parentOf, type TreeNode, type TreePath } from "@retake/changeset";
import { isSystemCallError, type NameBytes } from "@retake/linux";
import { isBoundByModes } from "../disk/access.ts";
import { asDiskFull } from "../disk/disk-full.ts";
import { sparseChunks, writeSparse } from "../disk/sparse-file.ts";
import type { TreeOwner } from "../layer-space.ts";
import { isBeneath, toNameBytes } from "../tree/name-bytes.ts";
import type { NodeWriter } from "../tree/node-writer.ts";
import { notDirectory } from "../tree/not-directory.ts";
import { plainExtents, plainXattrs, setPlainTime, setPlainXattrs } from "./plain-attributes.ts";
import { PlainDirectory } from "./plain-directory.ts";
import type { TreeRoom } from "./tree-room.ts";

/** Directories on the way to the last one used that are kept open, at most. */
const heldOpenMax = 64;

type Opened = { readonly path: TreePath | null; readonly directory: PlainDirectory };

/**
 * Reads and writes a directory tree as plain files. Every path is walked one name at a time and past no link. While it is
 * open, directories that an ordinary user may not use are made usable; they get their modes at disposal.
 */
export class PlainTree implements NodeWriter, Disposable {
	readonly #room: TreeRoom;
	readonly #owner: TreeOwner | null;
	/** The way to the directory last used: a path after one that it lies beneath. */
	readonly #way: Opened[];
	/** Modes that directories get at disposal. */
	readonly #finalModes = new Map<TreePath | null, number>();
	/** Times of writing that directories get at disposal, nanoseconds. */
	readonly #finalTimes = new Map<TreePath | null, bigint>();

	constructor(room: TreeRoom, owner: TreeOwner | null) {
		this.#room = room;
		this.#owner = owner;
		const root = PlainDirectory.open(room.tree);
		this.#way = [{ path: null, directory: root }];
		this.#loosen(null, root);
	}

	/** Opens a directory; valid until the next call. Throws `SystemCallError`: `ENOENT`, `ENOTDIR`. */
	directory(path: TreePath | null): PlainDirectory {
		this.#leaveFor(path);
		let at = this.#nearest();
		while (at.path !== path && path !== null) {
			const start = at.path === null ? 0 : at.path.length + 1;
			const slash = path.indexOf("/", start);
			const end = slash === -1 ? path.length : slash;
			const directory = at.directory.enter(toNameBytes(path.slice(start, end)));
			at = { path: path.slice(0, end) as TreePath, directory };
			this.#loosen(at.path, directory);
			this.#way.push(at);
			if (this.#way.length > heldOpenMax) this.#way.splice(1, 1)[0]?.directory[Symbol.dispose]();
		}
		return at.directory;
	}

	/** Opens a directory as `directory` does, or returns null where there is none. */
	findDirectory(path: TreePath | null): PlainDirectory | null {
		try {
			return this.directory(path);
		} catch (error) {
			if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
			throw error;
		}
	}

	/** Returns the status of what is at a path, of a link itself; null where nothing is. */
	status(path: TreePath): BigIntStats | null {
		return this.findDirectory(parentOf(path))?.statusOf(toNameBytes(baseName(path))) ?? null;
	}

	/** Tells the mode that a directory has when nobody has it open here. */
	modeOf(path: TreePath, status: BigIntStats): number {
		return this.#finalModes.get(path) ?? Number(status.mode & 0o7777n);
	}

	/** Puts a node at a path; a file's contents come from `contents`. Throws `PATH_REFUSED`, `DISK_FULL`. */
	put(path: TreePath, node: TreeNode, contents: () => Iterable<Uint8Array>, attributes?: NodeAttributes): void {
		switch (node.kind) {
			case "file": {
				const extents = attributes?.extents ?? null;
				const fill = (descriptor: number): void => writeSparse(descriptor, contents(), extents);
				return this.writeFile(path, node.mode, fill, attributes);
			}
			case "symlink":
				return this.makeSymlink(path, node.target, attributes);
			case "directory":
				return this.makeDirectory(path, node.mode, attributes);
		}
	}

	/** Puts a file at a path, filled outside of the tree: a failure leaves what was there. Throws as `put` does. */
	writeFile(path: TreePath, mode: number, fill: (descriptor: number) => void, attributes?: NodeAttributes): void {
		const { staged } = this.#room;
		try {
			const descriptor = openSync(staged, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
			try {
				fill(descriptor);
				if (attributes !== undefined) setPlainXattrs(staged, attributes.xattrs);
				if (this.#owner !== null) fchownSync(descriptor, this.#owner.uid, this.#owner.gid);
				fchmodSync(descriptor, mode & 0o777);
			} finally {
				closeSync(descriptor);
			}
			if (attributes !== undefined) setPlainTime(staged, attributes.mtimeNs);
			const at = this.#placeOf(path);
			if (this.status(path)?.isDirectory()) this.remove(path);
			renameSync(staged, at);
		} catch (error) {
			rmSync(staged, { force: true });
			throw asDiskFull(error);
		}
	}

	/** Puts a symbolic link at a path. Throws as `put` does. */
	makeSymlink(path: TreePath, target: string, attributes?: NodeAttributes): void {
		const at = this.#placeOf(path);
		this.remove(path);
		this.#make(() => {
			symlinkSync(Buffer.from(toNameBytes(target)), at);
			this.#own(at);
		});
		if (attributes !== undefined) setPlainTime(at, attributes.mtimeNs);
	}

	/** Puts a directory at a path: an empty one in place of anything else, or only its mode and attributes on one that is there. */
	makeDirectory(path: TreePath, mode: number, attributes?: NodeAttributes): void {
		const at = this.#placeOf(path);
		if (!this.status(path)?.isDirectory()) {
			this.remove(path);
			this.#make(() => {
				mkdirSync(at, 0o700);
				this.#own(at);
			});
		}
		const directory = this.directory(path);
		if (attributes !== undefined) {
			setPlainXattrs(directory.at("."), attributes.xattrs);
			this.#finalTimes.set(path, attributes.mtimeNs);
		}
		if (isBoundByModes()) this.#finalModes.set(path, mode);
		else directory.changeMode(mode);
	}

	/** Puts a second name of the file or link at `target`; a copy where that may have no more names. */
	makeLink(path: TreePath, target: TreePath): void {
		const at = this.#placeOf(path);
		this.remove(path);
		// The way to the one closes that to the other: the target is reached by a tree of its own.
		using other = new PlainTree(this.#room, this.#owner);
		const parent = other.directory(parentOf(target));
		const name = toNameBytes(baseName(target));
		try {
			linkSync(parent.at(name), at);
		} catch (error) {
			if (!isSystemCallError(error, "EMLINK")) throw error;
			this.#copyFile(path, parent, name);
		}
	}

	/** Gives what is at a path other attributes; the holes of a file stay as they are. Nothing where nothing is there. */
	setAttributes(path: TreePath, { xattrs, mtimeNs }: NodeAttributes): void {
		const status = this.status(path);
		if (status === null) return;
		if (status.isDirectory()) {
			setPlainXattrs(this.directory(path).at("."), xattrs);
			this.#finalTimes.set(path, mtimeNs);
			return;
		}
		const at = this.#placeOf(path);
		if (status.isFile()) setPlainXattrs(at, xattrs);
		setPlainTime(at, mtimeNs);
	}

	/** Gives a directory, once this tree is closed, the time that it has now, whatever is done in it. */
	keepTime(path: TreePath | null): void {
		if (!this.#finalTimes.has(path)) this.#finalTimes.set(path, this.directory(path).status().mtimeNs);
	}

	/** Takes away whatever is at a path; nothing may be there. */
	remove(path: TreePath): void {
		const parent = this.findDirectory(parentOf(path));
		const name = toNameBytes(baseName(path));
		const status = parent?.statusOf(name) ?? null;
		if (parent === null || status === null) return;
		if (!status.isDirectory()) return unlinkSync(parent.at(name));
		this.directory(path);
		this.#leaveFor(parentOf(path));
		this.#room.trash.remove(this.directory(parentOf(path)).at(name));
		for (const settings of [this.#finalModes, this.#finalTimes]) {
			for (const other of settings.keys()) {
				if (other === path || (other !== null && isBeneath(other, path))) settings.delete(other);
			}
		}
	}

	[Symbol.dispose](): void {
		const paths = [...new Set([...this.#finalModes.keys(), ...this.#finalTimes.keys()])];
		paths.sort((left, right) => (right?.length ?? -1) - (left?.length ?? -1));
		for (const path of paths) {
			const directory = this.findDirectory(path);
			const [mode, time] = [this.#finalModes.get(path), this.#finalTimes.get(path)];
			if (directory !== null && time !== undefined) setPlainTime(directory.at("."), time);
			if (mode !== undefined) directory?.changeMode(mode);
		}
		for (const { directory } of this.#way) directory[Symbol.dispose]();
	}

	/** Spells where a path is put, its parents made where they are missing. Valid until another directory is used. */
	#placeOf(path: TreePath): string | Buffer {
		return this.#parentFor(parentOf(path)).at(toNameBytes(baseName(path)));
	}

	#parentFor(path: TreePath | null): PlainDirectory {
		try {
			return this.directory(path);
		} catch (error) {
			if (path === null || !isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
			if (this.status(path) !== null) throw notDirectory(path);
		}
		this.#parentFor(parentOf(path));
		this.makeDirectory(path, 0o755);
		return this.directory(path);
	}

	#copyFile(path: TreePath, parent: PlainDirectory, name: NameBytes): void {
		using file = parent.openFile(name);
		const { mode, size, mtimeNs } = fstatSync(file.descriptor, { bigint: true });
		const extents = plainExtents(file.descriptor, Number(size));
		const attributes = { mtimeNs, xattrs: plainXattrs(parent, name).kept, extents };
		const fill = (descriptor: number): void =>
			writeSparse(descriptor, sparseChunks(file.descriptor, Number(size), extents), extents);
		this.writeFile(path, Number(mode & 0o777n), fill, attributes);
	}

	#make(make: () => void): void {
		try {
			make();
		} catch (error) {
			throw asDiskFull(error);
		}
	}

	#own(at: string | Buffer): void {
		if (this.#owner !== null) lchownSync(at, this.#owner.uid, this.#owner.gid);
	}

	#loosen(path: TreePath | null, directory: PlainDirectory): void {
		if (!isBoundByModes()) return;
		const mode = Number(directory.status().mode & 0o7777n);
		if ((mode & 0o700) === 0o700) return;
		directory.changeMode(mode | 0o700);
		if (!this.#finalModes.has(path)) this.#finalModes.set(path, mode);
	}

	/** Closes what does not lie on the way to a path. */
	#leaveFor(path: TreePath | null): void {
		for (let last = this.#nearest(); last.path !== null; last = this.#nearest()) {
			if (last.path === path || (path !== null && isBeneath(path, last.path))) return;
			this.#way.pop();
			last.directory[Symbol.dispose]();
		}
	}

	#nearest(): Opened {
		const nearest = this.#way.at(-1);
		if (nearest === undefined) throw new TypeError("the root is open as long as the tree is");
		return nearest;
	}
}
