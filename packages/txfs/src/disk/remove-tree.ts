import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import {
	isSystemCallError,
	type NameBytes,
	O_PATH,
	OpenDescriptor,
	openBeneath,
	removeDirectoryAt,
	renameNoReplaceAt,
	unlinkAt,
} from "@retake/linux";
import { loosenDirectory } from "./access.ts";
import { readDirectory } from "./read-directory.ts";

/**
 * Removes a directory with everything in it, following no link. However deep it is, few descriptors are open and no long
 * path is built: subdirectories are moved up to the top before they are emptied. Throws `SystemCallError`.
 */
export function removeTreeAt(parent: number, name: NameBytes): void {
	{
		using top = openLoose(parent, name);
		const pending = emptyOfFiles(top.descriptor, (directory) => directory);
		let moved = 0;
		for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
			{
				using emptied = openLoose(top.descriptor, directory);
				const inside = emptyOfFiles(emptied.descriptor, (child) => {
					// Moving a directory rewrites its "..": the kernel wants the right to write in it.
					openLoose(emptied.descriptor, child)[Symbol.dispose]();
					for (;;) {
						const free = Buffer.from(`moved-${moved++}`);
						try {
							renameNoReplaceAt(emptied.descriptor, child, top.descriptor, free);
							return free;
						} catch (error) {
							if (!isSystemCallError(error, "EEXIST")) throw error;
						}
					}
				});
				pending.push(...inside);
			}
			removeDirectoryAt(top.descriptor, directory);
		}
	}
	removeDirectoryAt(parent, name);
}

/** Removes a directory tree of our own by its path, where there is one. Throws `SystemCallError`. */
export function removeTree(path: string): void {
	const parent = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		removeTreeAt(parent, basename(path));
	} catch (error) {
		if (!isSystemCallError(error, "ENOENT")) throw error;
	} finally {
		closeSync(parent);
	}
}

function openLoose(parent: number, name: NameBytes): OpenDescriptor {
	const opened = new OpenDescriptor(openBeneath(parent, name, O_PATH | constants.O_DIRECTORY));
	loosenDirectory(opened.descriptor);
	return opened;
}

function emptyOfFiles(descriptor: number, directoryMet: (name: Buffer) => Buffer): Buffer[] {
	const directories: Buffer[] = [];
	for (const entry of readDirectory(descriptor)) {
		if (entry.isDirectory()) directories.push(directoryMet(entry.name));
		else unlinkAt(descriptor, entry.name);
	}
	return directories;
}
