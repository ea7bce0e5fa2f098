import { constants, lstatSync, openSync } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { fileStatusAt, O_PATH, OpenDescriptor } from "@retake/linux";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import { openDirectory } from "./open-directory.ts";
import { readDirectory } from "./read-directory.ts";

// POSIX counts what is allocated in these, whatever the file system's own blocks are.
const blockBytes = 512;

/** Adds up what a directory of our own with all in it, or a single file, takes on disk, bytes. */
export function measureTree(path: string): number {
	const status = lstatSync(path);
	if (!status.isDirectory()) return status.blocks * blockBytes;
	using root = new OpenDescriptor(openSync(path, O_PATH | constants.O_DIRECTORY));
	let bytes = status.blocks * blockBytes;
	const pending: (TreePath | null)[] = [null];
	for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
		using directory = openDirectory(root.descriptor, at);
		for (const entry of readDirectory(directory.descriptor)) {
			if (entry.isDirectory()) pending.push(childPath(at, nameFromBytes(entry.name)));
			bytes += fileStatusAt(directory.descriptor, entry.name)?.allocatedBytes ?? 0;
		}
	}
	return bytes;
}
