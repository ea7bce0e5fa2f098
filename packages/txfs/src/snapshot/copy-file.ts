import { createHash, hash } from "node:crypto";
import { constants } from "node:fs";
import { type BlobId, RetakeError } from "@retake/base";
import type { DataExtent, FileNode, NodeAttributes, TreePath } from "@retake/changeset";
import type { NameBytes } from "@retake/linux";
import {
	type FileStatus,
	fileExtents,
	fileStatus,
	isSystemCallError,
	OpenDescriptor,
	openBeneath,
} from "@retake/linux";
import { readXattrs } from "../attributes/read-xattrs.ts";
import { chunkBytes } from "../disk/file-chunks.ts";
import { type FileStamp, isSameStamp, stampOf } from "../disk/file-stamp.ts";
import { sparseChunks } from "../disk/sparse-file.ts";

/** How often a file that is written while it is read is read again in one pass over the tree. */
export const readAttemptsMax = 5;

/** What became of the reading of a live file: read, gone or no file any more, written each time that it was read, not to be read. */
export type FileReading =
	| { readonly kind: "read"; readonly node: FileNode; readonly stamp: FileStamp }
	| { readonly kind: "gone" | "unsettled" | "unreadable" };

/** Where a file's bytes are put. */
export interface FileTarget {
	writeFile(path: TreePath, bytes: Iterable<Uint8Array>, mode: number, attributes: NodeAttributes): void;
	cloneFile(path: TreePath, source: number, mode: number, attributes: NodeAttributes): boolean;
}

/** Hashes a live file. Throws `INTERRUPTED`. */
export function hashFile(directory: number, name: NameBytes, isCancelled: () => boolean): FileReading {
	return readStable(directory, name, (descriptor, { size }) =>
		hashed(descriptor, size, fileExtents(descriptor, size), isCancelled, () => undefined),
	);
}

/** Copies a live file with its attributes, sharing its blocks where it is large and the file system can. Throws `DISK_FULL`, `INTERRUPTED`. */
export function copyFile(
	directory: number,
	name: NameBytes,
	path: TreePath,
	target: FileTarget,
	isCancelled: () => boolean,
): FileReading {
	return readStable(directory, name, (descriptor, status) => {
		const { size, mode, mtimeNs } = status;
		const extents = fileExtents(descriptor, size);
		const attributes = { mtimeNs, xattrs: readXattrs(directory, name, status).kept, extents };
		// A small file is read once for both its hash and its copy; sharing its few blocks would cost more than it saves.
		const isShared = size > chunkBytes && target.cloneFile(path, descriptor, mode & 0o777, attributes);
		return hashed(descriptor, size, extents, isCancelled, (chunks) => {
			if (!isShared) target.writeFile(path, chunks, mode & 0o777, attributes);
		});
	});
}

/** Hashes an open file while somebody else takes its chunks, or takes them all itself. */
function hashed(
	descriptor: number,
	size: number,
	extents: readonly DataExtent[] | null,
	isCancelled: () => boolean,
	consume: (chunks: Iterable<Uint8Array>) => void,
): BlobId {
	const chunks = sparseChunks(descriptor, size, extents)[Symbol.iterator]();
	const first = chunks.next();
	const second = first.done === true ? first : chunks.next();
	// Most files are one chunk: a hasher for each of a million would be a million objects for the collector to finish.
	if (second.done === true) {
		const bytes = first.done === true ? new Uint8Array() : first.value;
		consume([bytes]);
		return hash("sha256", bytes) as BlobId;
	}
	const hasher = createHash("sha256");
	const passed = (function* (): Generator<Uint8Array> {
		for (const chunk of [first.value as Uint8Array, second.value]) {
			hasher.update(chunk);
			yield chunk;
		}
		for (let next = chunks.next(); next.done !== true; next = chunks.next()) {
			if (isCancelled()) throw new RetakeError("INTERRUPTED", "taking the snapshot was cancelled");
			hasher.update(next.value);
			yield next.value;
		}
	})();
	consume(passed);
	for (const _ of passed);
	return hasher.digest("hex") as BlobId;
}

function readStable(
	directory: number,
	name: NameBytes,
	read: (descriptor: number, before: FileStatus) => BlobId,
): FileReading {
	for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
		const opened = openFile(directory, name);
		if (!(opened instanceof OpenDescriptor)) return { kind: opened };
		using file = opened;
		const before = fileStatus(file.descriptor);
		if (before.kind !== "file") return { kind: "gone" };
		const content = read(file.descriptor, before);
		const after = fileStatus(file.descriptor);
		const stamp = stampOf(after);
		if (!isSameStamp(stamp, stampOf(before)) || before.mode !== after.mode) continue;
		return { kind: "read", node: { kind: "file", mode: after.mode & 0o777, size: after.size, content }, stamp };
	}
	return { kind: "unsettled" };
}

function openFile(directory: number, name: NameBytes): OpenDescriptor | "gone" | "unreadable" {
	try {
		// Should a fifo have taken the file's place, opening it must not wait.
		return new OpenDescriptor(openBeneath(directory, name, constants.O_RDONLY | constants.O_NONBLOCK));
	} catch (error) {
		if (isSystemCallError(error, "EACCES", "EPERM")) return "unreadable";
		if (isSystemCallError(error, "ENOENT", "ELOOP", "ENXIO")) return "gone";
		throw error;
	}
}
