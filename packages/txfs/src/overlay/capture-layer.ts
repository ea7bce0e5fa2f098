import { chmodSync, constants, openSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { RetakeError } from "@retake/base";
import {
	type AttributedChanges,
	type BlobWriter,
	type Change,
	createAttributes,
	createChangeset,
	type DataExtent,
	type FileNode,
	type GroupedAttributes,
	rawTextFromBytes,
	sameNode,
	type TreeNode,
	type TreePath,
	type TreeReader,
	walkTree,
} from "@retake/changeset";
import { type FileStatus, fileExtents, fileStatusAt, O_PATH, OpenDescriptor, readLinkAt } from "@retake/linux";
import { readXattrs } from "../attributes/read-xattrs.ts";
import { loosenDirectory, openReadable } from "../disk/access.ts";
import { ContentKeeper, largeFileBytesMin } from "../disk/content-keeper.ts";
import { DirectoryTrail } from "../disk/directory-trail.ts";
import { fileSystemBytes } from "../disk/file-system-bytes.ts";
import { type DirectoryName, readDirectory } from "../disk/read-directory.ts";
import type { RefusedPath } from "../transaction.ts";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import { readableMode } from "../tree/readable-mode.ts";
import { refusalOf } from "../tree/refusal.ts";
import { holdsForeign, pathLengthMax, tooLong, tooMuch } from "../tree/refused-tree.ts";
import { isWhiteoutDevice, isWhiteoutFile, readOpaqueMark } from "./overlay-marks.ts";

/** Entries of a directory whose contents are kept by one transaction of the store: others wait for it meanwhile. */
const entriesTogether = 64;

/** Bytes of files after which such a transaction ends, and other work of this process gets its turn. */
const bytesTogether = 8 * 1024 * 1024;

/** What a layer says about the tree below it. */
export interface CapturedLayer extends AttributedChanges {
	readonly refused: readonly RefusedPath[];
	/** Whether there is nothing at all in the layer. */
	readonly isEmpty: boolean;
}

/**
 * Reads what a layer changed, in time proportional to what is in it, and keeps the contents of its files. The layer must
 * be at rest. Throws `TREE_REFUSED`, with the paths, for a fifo, socket or device, none of which is opened, for a path
 * above `pathLengthMax`, and for files that together are longer than `logicalBytesMax`, by default the size of the layer's
 * whole file system: holes or hard links, which cost a candidate nothing and whoever reads them everything.
 */
export async function captureLayer(
	layer: string,
	below: TreeReader,
	blobs: BlobWriter,
	logicalBytesMax: number | null = null,
): Promise<CapturedLayer> {
	await using capture = new LayerCapture(layer, below, blobs, logicalBytesMax);
	return await capture.run();
}

/** The content of a file, and where it has holes. */
type FileContent = Pick<FileNode, "size" | "content"> & { readonly extents: readonly DataExtent[] | null };

type Pending = { readonly path: TreePath | null; readonly hides: boolean };

class LayerCapture implements AsyncDisposable {
	readonly #root: OpenDescriptor;
	readonly #trail: DirectoryTrail;
	readonly #below: TreeReader;
	readonly #blobs: BlobWriter;
	readonly #keeper: ContentKeeper;
	readonly #changes: Change[] = [];
	readonly #attributes: GroupedAttributes[] = [];
	readonly #refused: RefusedPath[] = [];
	readonly #foreign: TreePath[] = [];
	readonly #loosened: { readonly path: TreePath | null; readonly mode: number }[] = [];
	readonly #pending: Pending[] = [{ path: null, hides: false }];
	readonly #contents = new Map<string, FileContent>();
	readonly #bytesMax: number;
	#bytes = 0;
	/** Since other work had its turn. */
	#entries = 0;
	#bytesAtTurn = 0;
	#isEmpty = true;

	constructor(layer: string, below: TreeReader, blobs: BlobWriter, logicalBytesMax: number | null) {
		this.#root = new OpenDescriptor(openSync(layer, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
		this.#trail = new DirectoryTrail(this.#root.descriptor);
		this.#below = below;
		this.#blobs = blobs;
		this.#keeper = new ContentKeeper(blobs);
		this.#bytesMax = logicalBytesMax ?? fileSystemBytes(layer);
	}

	async run(): Promise<CapturedLayer> {
		for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
			await this.#readDirectory(next);
		}
		if (this.#foreign.length > 0) throw holdsForeign(this.#foreign);
		return {
			changeset: createChangeset(this.#changes),
			attributes: createAttributes(this.#attributes),
			refused: this.#refused,
			isEmpty: this.#isEmpty,
		};
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#keeper[Symbol.asyncDispose]();
		for (const { path, mode } of this.#loosened.reverse()) {
			using directory = this.#trail.open(path);
			chmodSync(directory.path, mode);
		}
		this.#trail[Symbol.dispose]();
		this.#root[Symbol.dispose]();
	}

	async #readDirectory({ path, hides }: Pending): Promise<void> {
		using directory = this.#trail.open(path);
		const mode = loosenDirectory(directory.descriptor);
		if (mode !== null) this.#loosened.push({ path, mode });
		const mark = readOpaqueMark(directory.descriptor);
		const isHiding = hides || mark === "hides";
		const names = new Set<string>();
		const read = (entry: DirectoryName): void => {
			this.#isEmpty = false;
			const name = nameFromBytes(entry.name);
			names.add(name);
			const child = childPath(path, name);
			if (child.length > pathLengthMax) throw tooLong(child);
			const refusal = refusalOf(path, name);
			if (refusal !== null) this.#refused.push({ path: child, reason: refusal });
			else this.#readEntry(directory.descriptor, entry.name, child, isHiding, mark === "has-whiteout-files");
		};
		const entries = readDirectory(directory.descriptor);
		for (let at = 0; at < entries.length; ) {
			const start = at;
			const end = Math.min(entries.length, at + entriesTogether);
			const large: DirectoryName[] = [];
			this.#blobs.together(() => {
				for (const bytes = this.#bytes; at < end && this.#bytes < bytes + bytesTogether; at++) {
					const entry = entries[at] as DirectoryName;
					if (this.#isLarge(directory.descriptor, entry, path)) large.push(entry);
					else read(entry);
				}
			});
			for (const entry of large) {
				await this.#keepLarge(directory.descriptor, entry.name);
				read(entry);
			}
			await this.#giveWay(at - start);
		}
		if (!isHiding) return;
		for (const entry of this.#below.entries(path)) {
			if (!names.has(entry.name)) this.#delete(childPath(path, entry.name));
		}
	}

	#readEntry(directory: number, name: Buffer, path: TreePath, hides: boolean, hasWhiteoutFiles: boolean): void {
		const status = fileStatusAt(directory, name);
		if (status === null)
			throw new RetakeError("TREE_CHANGED", `${path} vanished while it was read`, { data: { paths: [path] } });
		if (isWhiteoutDevice(status) || (hasWhiteoutFiles && isWhiteoutFile(directory, name, status)))
			return this.#delete(path);
		if (status.kind !== "directory" && status.kind !== "symlink" && status.kind !== "file") {
			this.#foreign.push(path);
			return;
		}
		if (status.mode & 0o6000) this.#refused.push({ path, reason: "set-id-bit" });
		const was = this.#below.lookup(path);
		const { node: now, extents } = this.#readNode(directory, name, path, status);
		this.#record(path, was, was === null ? now : withTrueMode(was, now));
		const { kept: xattrs, isDropping } = readXattrs(directory, name, status);
		if (isDropping) this.#refused.push({ path, reason: "extended-attribute" });
		const linkGroup = now.kind === "directory" || status.nlink === 1 ? null : status.ino;
		this.#attributes.push({ path, mtimeNs: status.mtimeNs, xattrs, extents, linkGroup });
		if (now.kind === "directory") this.#pending.push({ path, hides });
		else if (was?.kind === "directory") this.#deleteBeneath(path);
	}

	#readNode(
		directory: number,
		name: Buffer,
		path: TreePath,
		status: FileStatus,
	): { readonly node: TreeNode; readonly extents: FileContent["extents"] } {
		const mode = status.mode & 0o777;
		if (status.kind === "directory") return { node: { kind: "directory", mode }, extents: null };
		if (status.kind === "symlink") {
			return { node: { kind: "symlink", target: rawTextFromBytes(readLinkAt(directory, name)) }, extents: null };
		}
		this.#bytes += status.size;
		if (this.#bytes > this.#bytesMax) throw tooMuch(path, this.#bytesMax);
		const { size, content, extents } = this.#readContent(directory, name, status);
		return { node: { kind: "file", mode, size, content }, extents };
	}

	/** Reads a file; one of several names is read once, and one that the thread has read not again. */
	#readContent(directory: number, name: Buffer, status: FileStatus): FileContent {
		const known = this.#contents.get(inodeOf(status));
		if (known !== undefined) return known;
		using file = openReadable(directory, name, status);
		const extents = fileExtents(file.descriptor, status.size);
		const { id, size } = this.#keeper.keep({ descriptor: file.descriptor, size: status.size, extents });
		const read = { size, content: id, extents };
		if (status.nlink > 1) this.#contents.set(inodeOf(status), read);
		return read;
	}

	/** Tells whether an entry is a file that the thread shall read before anything is said of it. */
	#isLarge(directory: number, { name }: DirectoryName, parent: TreePath | null): boolean {
		const status = fileStatusAt(directory, name);
		if (status?.kind !== "file" || status.size < largeFileBytesMin || this.#contents.has(inodeOf(status))) return false;
		// What is longer than all may be together is refused unread.
		return refusalOf(parent, nameFromBytes(name)) === null && this.#bytes + status.size <= this.#bytesMax;
	}

	async #keepLarge(directory: number, name: Buffer): Promise<void> {
		const status = fileStatusAt(directory, name);
		if (status === null || this.#contents.has(inodeOf(status)) || this.#bytes + status.size > this.#bytesMax) return;
		using file = openReadable(directory, name, status);
		const extents = fileExtents(file.descriptor, status.size);
		const { id, size } = await this.#keeper.keepByThread({ descriptor: file.descriptor, size: status.size, extents });
		this.#contents.set(inodeOf(status), { size, content: id, extents });
	}

	/** Lets other work of this process have its turn after every so many entries or bytes. */
	async #giveWay(entries: number): Promise<void> {
		this.#entries += entries;
		if (this.#entries < entriesTogether && this.#bytes < this.#bytesAtTurn + bytesTogether) return;
		this.#entries = 0;
		this.#bytesAtTurn = this.#bytes;
		await setImmediate();
	}

	#delete(path: TreePath): void {
		const was = this.#below.lookup(path);
		if (was === null) return;
		this.#record(path, was, null);
		if (was.kind === "directory") this.#deleteBeneath(path);
	}

	#deleteBeneath(directory: TreePath): void {
		for (const { path, node } of walkTree(this.#below, directory)) this.#record(path, node, null);
	}

	#record(path: TreePath, was: TreeNode | null, now: TreeNode | null): void {
		// Copied up without a change: overlayfs does so whenever a file is opened for writing.
		if (!sameNode(was, now)) this.#changes.push({ path, was, now });
	}
}

function inodeOf({ dev, ino }: FileStatus): string {
	return `${dev} ${ino}`;
}

/** A node copied up from a snapshot has the mode of the disk there, which may grant the owner more than the true one. */
function withTrueMode(was: TreeNode, now: TreeNode): TreeNode {
	if (was.kind === "symlink" || now.kind === "symlink" || was.kind !== now.kind) return now;
	return now.mode === readableMode(was.kind, was.mode) ? { ...now, mode: was.mode } : now;
}
