import { RetakeError } from "@retake/base";
import type { TreePath } from "@retake/changeset";
import { type FileStatus, fileStatusAt, isSystemCallError } from "@retake/linux";
import { openDirectory } from "../disk/open-directory.ts";
import { readDirectory } from "../disk/read-directory.ts";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import { refusalOf } from "../tree/refusal.ts";

/** One place of a live directory tree, and what the kernel said of it. */
export interface ScannedEntry {
	readonly path: TreePath;
	readonly status: FileStatus;
}

/**
 * Reads what is in a live directory tree, without opening any file: git directories, Retake's own and those that `isExcluded`
 * are left out. Parents come before what is in them. Throws `TREE_REFUSED`, with all paths, for fifos, sockets, devices,
 * and directories that cannot be read.
 */
export function scanDirectory(root: number, isExcluded: (status: FileStatus) => boolean): ScannedEntry[] {
	const entries: ScannedEntry[] = [];
	const foreign: TreePath[] = [];
	const pending: (TreePath | null)[] = [null];
	for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
		using directory = openReadable(root, parent);
		if (directory === null) continue;
		for (const entry of readNames(directory.descriptor, parent)) {
			const name = nameFromBytes(entry.name);
			if (refusalOf(parent, name) !== null) continue;
			const path = childPath(parent, name);
			const status = fileStatusAt(directory.descriptor, entry.name);
			if (status === null || isExcluded(status)) continue;
			if (status.kind === "directory") pending.push(path);
			else if (status.kind !== "file" && status.kind !== "symlink") {
				foreign.push(path);
				continue;
			}
			entries.push({ path, status });
		}
	}
	if (foreign.length === 0) return entries;
	throw new RetakeError(
		"TREE_REFUSED",
		`the directory holds fifos, sockets or devices: ${foreign.slice(0, 10).join(", ")}`,
		{
			data: { paths: foreign },
			remedy: "remove them: a snapshot holds files, directories and symbolic links alone",
		},
	);
}

/** Makes the error for a path that this process may not read. */
export function unreadable(path: TreePath | null, cause: unknown): RetakeError {
	return new RetakeError("TREE_REFUSED", `${path ?? "the directory"} cannot be read`, {
		data: { paths: path === null ? [] : [path] },
		remedy: "give this user the right to read it, or remove it",
		cause,
	});
}

function openReadable(root: number, path: TreePath | null): ReturnType<typeof openDirectory> | null {
	try {
		return openDirectory(root, path);
	} catch (error) {
		if (isSystemCallError(error, "EACCES")) throw unreadable(path, error);
		// Replaced since its parent was read; the caller sees that when it comes to the entry.
		if (isSystemCallError(error, "ENOENT", "ENOTDIR", "ELOOP")) return null;
		throw error;
	}
}

function readNames(descriptor: number, path: TreePath | null): ReturnType<typeof readDirectory> {
	try {
		return readDirectory(descriptor);
	} catch (error) {
		if (isSystemCallError(error, "EACCES")) throw unreadable(path, error);
		throw error;
	}
}
