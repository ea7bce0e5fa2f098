import { Node } from "@jsonjoy.com/fs-core";
import { ChunkCursor } from "./chunk-cursor.ts";
import type { Origin } from "./node-source.ts";
import type { ViewLink } from "./view-link.ts";

/** The largest file that can be written to or read as a whole; longer ones are read in ranges and streams. Bytes; Node's own limit. */
const wholeFileBytesMax = 2 ** 31 - 1;

const kindBits = 0o170000;
const symlinkKind = 0o120000;

/**
 * An inode of a view. What came from a source is read from there until it is written to: in ranges through one chunk at a time, as a
 * whole only where somebody asks for the whole.
 */
export class ViewNode extends Node {
	/** Where the contents still come from; null once they are the view's own. */
	origin: Origin | null = null;
	/** Whether anything but the origin's place has changed since the origin was read. */
	isChanged = false;
	readonly links = new Set<ViewLink>();
	#sourceSize = 0;
	#cursor: ChunkCursor | null = null;

	/** Makes the node what its source says is at a place. */
	adopt(origin: Origin, time: Date): void {
		const entry = origin.source.describe(origin.path);
		this.origin = origin;
		if (entry.kind === "symlink") {
			this.mode = symlinkKind | 0o777;
			this.symlink = entry.target;
		} else this.mode = (this.mode & kindBits) | entry.mode;
		if (entry.kind === "file") this.#sourceSize = entry.size;
		this.mtime = time;
		this.atime = time;
		this.ctime = time;
		this.btime = time;
	}

	/** Takes a place of the source, which holds the same by now, as the origin, and lets go of the bytes. */
	settle(origin: Origin): void {
		this.isChanged = false;
		this.#sourceSize = this.getSize();
		this.#cursor?.close();
		this.#cursor = null;
		this.origin = origin;
		this.buf = Buffer.alloc(0);
	}

	/** Lets go of what is open in the source. */
	rest(): void {
		this.#cursor?.close();
		this.#cursor = null;
	}

	override get nlink(): number {
		// As on btrfs: a directory that was not read yet does not know how many it holds.
		return this.isDirectory() ? 1 : super.nlink;
	}

	override set nlink(count: number) {
		super.nlink = count;
	}

	override getSize(): number {
		if (this.isSymlink()) return Buffer.byteLength(this.symlink);
		if (this.isDirectory()) return 4096;
		return this.origin === null ? super.getSize() : this.#sourceSize;
	}

	/** Yields the contents in order. */
	*chunks(): Generator<Uint8Array> {
		if (this.origin === null) yield this.buf.subarray(0, super.getSize());
		else yield* this.origin.source.chunks(this.origin.path);
	}

	override getBuffer(): Buffer {
		if (this.origin === null) return super.getBuffer();
		if (this.#sourceSize > wholeFileBytesMax) throw tooLarge(this.#sourceSize);
		const bytes = Buffer.allocUnsafe(this.#sourceSize);
		const { source, path } = this.origin;
		let size = 0;
		for (const chunk of source.chunks(path))
			size += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).copy(bytes, size);
		return bytes.subarray(0, size);
	}

	override read(
		target: Buffer | ArrayBufferView | DataView,
		offset = 0,
		length = target.byteLength,
		position = 0,
	): number {
		if (this.origin === null) return super.read(target, offset, length, position);
		const { source, path } = this.origin;
		this.#cursor ??= new ChunkCursor(() => source.chunks(path));
		const within = Math.min(length, target.byteLength - offset, Math.max(0, this.#sourceSize - position));
		return this.#cursor.read(new Uint8Array(target.buffer, target.byteOffset + offset, within), position);
	}

	override write(bytes: Buffer, offset?: number, length?: number, position?: number): number {
		this.#own();
		return super.write(bytes, offset, length, position);
	}

	override truncate(length = 0): void {
		if (length === 0) this.#disown();
		else this.#own();
		super.truncate(length);
	}

	override setBuffer(bytes: Buffer): void {
		this.#disown();
		super.setBuffer(bytes);
	}

	/** Changes the nine permission bits: the others are not part of a changeset. */
	override chmod(permissions: number): void {
		this.perm = permissions & 0o777;
		this.markChanged();
	}

	override touch(): void {
		super.touch();
		this.markChanged();
	}

	/** Notes that the node is no longer what its origin says. */
	markChanged(): void {
		this.isChanged = true;
		for (const link of this.links) link.markChanged();
	}

	override canRead(uid?: number): boolean {
		return this.#isAllowed(0o4, uid);
	}

	override canWrite(uid?: number): boolean {
		return this.#isAllowed(0o2, uid);
	}

	override canExecute(uid?: number): boolean {
		return this.#isAllowed(0o1, uid);
	}

	/** Everything belongs to this process: to an ordinary user the owner's bits apply, to root those of path_resolution(7). */
	#isAllowed(bit: number, uid = this.uid): boolean {
		if (uid !== 0) return (this.mode & (bit << 6)) !== 0;
		return bit !== 0o1 || this.isDirectory() || (this.mode & 0o111) !== 0;
	}

	#own(): void {
		if (this.origin === null || !this.isFile()) return;
		const bytes = this.getBuffer();
		this.#disown();
		super.setBuffer(bytes);
	}

	#disown(): void {
		this.rest();
		this.origin = null;
	}
}

function tooLarge(size: number): Error {
	const error = new RangeError(`File size (${size}) is greater than 2 GiB`);
	return Object.assign(error, { code: "ERR_FS_FILE_TOO_LARGE" });
}
