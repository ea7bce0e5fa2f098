import { chmodSync, constants, openSync, statfsSync } from "node:fs";
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
import { openDirectory } from "../disk/open-directory.ts";
import { type DirectoryName, readDirectory } from "../disk/read-directory.ts";
import { sparseChunks } from "../disk/sparse-file.ts";
import type { RefusedPath } from "../transaction.ts";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import { readableMode } from "../tree/readable-mode.ts";
import { refusalOf } from "../tree/refusal.ts";
import { holdsForeign, pathLengthMax, tooLong, tooMuch } from "../tree/refused-tree.ts";
import { isWhiteoutDevice, isWhiteoutFile, readOpaqueMark } from "./overlay-marks.ts";

/** Entries of a directory whose contents are kept by one transaction of the store: others wait for it meanwhile. */
const entriesTogether = 64;

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
export function captureLayer(
	layer: string,
	below: TreeReader,
	blobs: BlobWriter,
	logicalBytesMax: number | null = null,
): CapturedLayer {
	using capture = new LayerCapture(layer, below, blobs, logicalBytesMax);
	return capture.run();
}

/** The content of a file, and where it has holes. */
type FileContent = Pick<FileNode, "size" | "content"> & { readonly extents: readonly DataExtent[] | null };

type Pending = { readonly path: TreePath | null; readonly hides: boolean };

class LayerCapture implements Disposable {
	readonly #root: OpenDescriptor;
	readonly #below: TreeReader;
	readonly #blobs: BlobWriter;
	readonly #changes: Change[] = [];
	readonly #attributes: GroupedAttributes[] = [];
	readonly #refused: RefusedPath[] = [];
	readonly #foreign: TreePath[] = [];
	readonly #loosened: { readonly path: TreePath | null; readonly mode: number }[] = [];
	readonly #pending: Pending[] = [{ path: null, hides: false }];
	readonly #contents = new Map<string, FileContent>();
	readonly #bytesMax: number;
	#bytes = 0;
	#isEmpty = true;

	constructor(layer: string, below: TreeReader, blobs: BlobWriter, logicalBytesMax: number | null) {
		this.#root = new OpenDescriptor(openSync(layer, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
		this.#below = below;
		this.#blobs = blobs;
		const space = statfsSync(layer);
		this.#bytesMax = logicalBytesMax ?? space.blocks * space.bsize;
	}

	run(): CapturedLayer {
		for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) this.#readDirectory(next);
		if (this.#foreign.length > 0) throw holdsForeign(this.#foreign);
		return {
			changeset: createChangeset(this.#changes),
			attributes: createAttributes(this.#attributes),
			refused: this.#refused,
			isEmpty: this.#isEmpty,
		};
	}

	[Symbol.dispose](): void {
		for (const { path, mode } of this.#loosened.reverse()) {
			using directory = openDirectory(this.#root.descriptor, path);
			chmodSync(directory.path, mode);
		}
		this.#root[Symbol.dispose]();
	}

	#readDirectory({ path, hides }: Pending): void {
		using directory = openDirectory(this.#root.descriptor, path);
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
		for (let at = 0; at < entries.length; at += entriesTogether) {
			this.#blobs.together(() => entries.slice(at, at + entriesTogether).forEach(read));
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

	/** Reads a file; one of several names is read once. */
	#readContent(directory: number, name: Buffer, status: FileStatus): FileContent {
		const inode = `${status.dev} ${status.ino}`;
		const known = status.nlink === 1 ? undefined : this.#contents.get(inode);
		if (known !== undefined) return known;
		using file = openReadable(directory, name, status);
		const extents = fileExtents(file.descriptor, status.size);
		const { id, size } = this.#blobs.writeChunks(sparseChunks(file.descriptor, status.size, extents));
		const read = { size, content: id, extents };
		if (status.nlink > 1) this.#contents.set(inode, read);
		return read;
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

/** A node copied up from a snapshot has the mode of the disk there, which may grant the owner more than the true one. */
function withTrueMode(was: TreeNode, now: TreeNode): TreeNode {
	if (was.kind === "symlink" || now.kind === "symlink" || was.kind !== now.kind) return now;
	return now.mode === readableMode(was.kind, was.mode) ? { ...now, mode: was.mode } : now;
}
