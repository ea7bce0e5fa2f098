import { createHash } from "node:crypto";
import { constants, openSync, readSync } from "node:fs";
import type { BlobId } from "@retake/base";
import { rawTextFromBytes, type TreeNode, type TreePath, treePathToBytes } from "@retake/changeset";
import {
	type FileStatus,
	fileStatus,
	isSystemCallError,
	type NameBytes,
	O_PATH,
	OpenDescriptor,
	readLinkAt,
} from "@retake/linux";
import { openWithin } from "./open-within.ts";

/** What a directory really holds at a name: also kinds that no changeset can. */
export type LiveNode = TreeNode | { readonly kind: "other"; readonly description: FileStatus["kind"] };

/** What stands at a path, and whom it belongs to. */
export interface Observation {
	readonly node: LiveNode;
	readonly uid: number;
	readonly gid: number;
	/** Whether it may not be renamed or replaced, by root neither. */
	readonly isImmutable: boolean;
}

/** Returns what stands at a path beneath an open directory, following no link: a path that leads through one has nothing there. */
export function observe(root: number, path: TreePath): Observation | null {
	return observeName(root, treePathToBytes(path));
}

/** Returns what stands at a path given in bytes, as `observe` does. */
export function observeName(directory: number, name: NameBytes): Observation | null {
	using opened = openPlace(directory, name);
	if (opened === null) return null;
	const status = fileStatus(opened.descriptor);
	return { node: readNode(opened, status), uid: status.uid, gid: status.gid, isImmutable: status.isImmutable };
}

/** Returns the node as a changeset would hold it, or null where it cannot. */
export function representable(node: LiveNode | null): TreeNode | null {
	return node === null || node.kind === "other" ? null : node;
}

/** Opens the place that a path names, not what is in it, or returns null where nothing is there or a link is on the way. */
export function openPlace(directory: number, name: NameBytes): OpenDescriptor | null {
	try {
		return openWithin(directory, name, O_PATH);
	} catch (error) {
		if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
		throw error;
	}
}

function readNode(opened: OpenDescriptor, status: FileStatus): LiveNode {
	switch (status.kind) {
		case "directory":
			return { kind: "directory", mode: status.mode & 0o777 };
		case "symlink":
			return { kind: "symlink", target: rawTextFromBytes(readLinkAt(opened.descriptor, "")) };
		case "file": {
			// The descriptor's own path opens this very inode again, whatever has its name by now.
			using readable = new OpenDescriptor(openSync(opened.path, constants.O_RDONLY));
			return { kind: "file", mode: status.mode & 0o777, ...hashContent(readable.descriptor, status.size) };
		}
		default:
			return { kind: "other", description: status.kind };
	}
}

const chunkBytesMax = 1024 ** 2;

function hashContent(descriptor: number, expectedSize: number): { size: number; content: BlobId } {
	const hasher = createHash("sha256");
	const chunk = Buffer.allocUnsafe(Math.min(chunkBytesMax, expectedSize + 1));
	let size = 0;
	for (;;) {
		const count = readSync(descriptor, chunk, 0, chunk.length, null);
		if (count === 0) return { size, content: hasher.digest("hex") as BlobId };
		hasher.update(chunk.subarray(0, count));
		size += count;
	}
}
