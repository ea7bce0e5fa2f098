import { constants, lstatSync, openSync } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { fileStatusAt, O_PATH, OpenDescriptor } from "@retake/linux";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import { openDirectory } from "./open-directory.ts";
import { readDirectory } from "./read-directory.ts";

/** Adds up the sizes of the files under a path of our own, or of the one file there, in bytes. */
export function measureTree(path: string): number {
	const status = lstatSync(path);
	if (!status.isDirectory()) return status.size;
	using root = new OpenDescriptor(openSync(path, O_PATH | constants.O_DIRECTORY));
	let bytes = 0;
	const pending: (TreePath | null)[] = [null];
	for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
		using directory = openDirectory(root.descriptor, at);
		for (const entry of readDirectory(directory.descriptor)) {
			if (entry.isDirectory()) pending.push(childPath(at, nameFromBytes(entry.name)));
			else if (entry.isFile()) bytes += fileStatusAt(directory.descriptor, entry.name)?.size ?? 0;
		}
	}
	return bytes;
}
