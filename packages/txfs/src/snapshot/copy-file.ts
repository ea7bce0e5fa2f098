import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type BlobId, RetakeError } from "@retake/base";
import type { FileNode, TreePath } from "@retake/changeset";
import type { NameBytes } from "@retake/linux";
import { type FileStatus, fileStatus, isSystemCallError, OpenDescriptor, openBeneath } from "@retake/linux";
import { chunkBytes, fileChunks } from "../disk/file-chunks.ts";
import { type FileStamp, isSameStamp, stampOf } from "../disk/file-stamp.ts";
import { hashDescriptor } from "../disk/hash-descriptor.ts";
import type { LayerWriter } from "../overlay/layer-writer.ts";
import { unreadable } from "./scan-directory.ts";

/** How often a file that is written while it is read is read again before the snapshot fails. */
export const readAttemptsMax = 5;

/** A live file as it was throughout one reading. */
export interface ReadFile {
	readonly node: FileNode;
	readonly stamp: FileStamp;
}

/** Hashes a live file. Returns null where it is gone or is no file any more. Throws `TREE_CHANGED`, `TREE_REFUSED`. */
export function hashFile(directory: number, name: NameBytes, path: TreePath): ReadFile | null {
	return readStable(directory, name, path, (descriptor) => hashDescriptor(descriptor));
}

/** Copies a live file into a layer, sharing its blocks where it is large and the file system can. As `hashFile` otherwise. */
export function copyFile(directory: number, name: NameBytes, path: TreePath, writer: LayerWriter): ReadFile | null {
	return readStable(directory, name, path, (descriptor, { size, mode }) => {
		// A small file is read once for both its hash and its copy; sharing its few blocks would cost more than it saves.
		if (size > chunkBytes && writer.cloneFile(path, descriptor, mode & 0o777)) return hashDescriptor(descriptor);
		const hasher = createHash("sha256");
		const chunks = function* (): Generator<Uint8Array> {
			for (const chunk of fileChunks(descriptor, size)) {
				hasher.update(chunk);
				yield chunk;
			}
		};
		writer.writeFile(path, chunks(), mode & 0o777);
		return hasher.digest("hex") as BlobId;
	});
}

function readStable(
	directory: number,
	name: NameBytes,
	path: TreePath,
	read: (descriptor: number, before: FileStatus) => BlobId,
): ReadFile | null {
	for (let attempt = 0; attempt < readAttemptsMax; attempt++) {
		using file = openFile(directory, name, path);
		if (file === null) return null;
		const before = fileStatus(file.descriptor);
		if (before.kind !== "file") return null;
		const content = read(file.descriptor, before);
		const after = fileStatus(file.descriptor);
		const stamp = stampOf(after);
		if (!isSameStamp(stamp, stampOf(before)) || before.mode !== after.mode) continue;
		return { node: { kind: "file", mode: after.mode & 0o777, size: after.size, content }, stamp };
	}
	throw new RetakeError(
		"TREE_CHANGED",
		`${path} is being written: it changed each of ${readAttemptsMax} times that it was read`,
		{
			data: { paths: [path] },
			remedy: "stop what writes to the workspace, or take a commit as the base",
		},
	);
}

function openFile(directory: number, name: NameBytes, path: TreePath): OpenDescriptor | null {
	try {
		// Should a fifo have taken the file's place, opening it must not wait.
		return new OpenDescriptor(openBeneath(directory, name, constants.O_RDONLY | constants.O_NONBLOCK));
	} catch (error) {
		if (isSystemCallError(error, "EACCES", "EPERM")) throw unreadable(path, error);
		if (isSystemCallError(error, "ENOENT", "ELOOP")) return null;
		throw error;
	}
}
