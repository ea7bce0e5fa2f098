import { chmodSync, constants, openSync } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { fileStatusAt, O_PATH, OpenDescriptor } from "@retake/linux";
import { loosenDirectory } from "../disk/access.ts";
import { DirectoryTrail } from "../disk/directory-trail.ts";
import { readDirectory } from "../disk/read-directory.ts";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";

/** A name in a layer of a file or link that has another name there. */
export interface SharedName {
	readonly path: TreePath;
	/** Length of the file, or of the link's target. */
	readonly size: number;
}

/**
 * Finds the names in one layer of what has a name found before: but for these, nothing has two. The layer is at rest; what
 * no changeset takes is looked at too. Throws `SystemCallError`.
 */
export function sharedNames(layer: string): readonly SharedName[] {
	using root = new OpenDescriptor(openSync(layer, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
	using trail = new DirectoryTrail(root.descriptor);
	const seen = new Set<bigint>();
	const found: SharedName[] = [];
	const loosened: { readonly path: TreePath | null; readonly mode: number }[] = [];
	const pending: (TreePath | null)[] = [null];
	for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
		using directory = trail.open(path);
		const mode = loosenDirectory(directory.descriptor);
		if (mode !== null) loosened.push({ path, mode });
		for (const entry of readDirectory(directory.descriptor)) {
			const child = childPath(path, nameFromBytes(entry.name));
			if (entry.isDirectory()) pending.push(child);
			if (!entry.isFile() && !entry.isSymbolicLink()) continue;
			const status = fileStatusAt(directory.descriptor, entry.name);
			if (status === null || status.nlink === 1) continue;
			if (seen.has(status.ino)) found.push({ path: child, size: status.size });
			seen.add(status.ino);
		}
	}
	for (const { path, mode } of loosened.reverse()) {
		using directory = trail.open(path);
		chmodSync(directory.path, mode);
	}
	return found;
}
