import { closeSync, constants, fsyncSync, openSync, promises, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { PromiseFsClient } from "isomorphic-git";

/** The file system that isomorphic-git writes objects through. */
export interface GitFileSystem extends PromiseFsClient {
	/** Makes the names of all files written so far durable. */
	flushDirectories(): void;
}

/**
 * Makes a file system on which a file is there whole and durable or not at all: written beside, flushed, renamed. A reader
 * never sees half an object, and neither does the machine after a power cut. New files get their directory's owner.
 */
export function createGitFileSystem(): GitFileSystem {
	const touched = new Set<string>();
	let written = 0;
	const inherit = async (path: string): Promise<void> => {
		if (process.geteuid?.() !== 0) return;
		const { uid, gid } = await promises.stat(dirname(path));
		await promises.lchown(path, uid, gid);
	};
	return {
		promises: {
			...promises,
			async writeFile(path: string, bytes: Uint8Array | string): Promise<void> {
				const beside = `${path}.${process.pid}-${written++}.tmp`;
				const descriptor = openSync(beside, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o444);
				try {
					const buffer = Buffer.from(bytes);
					for (let offset = 0; offset < buffer.length; ) offset += writeSync(descriptor, buffer, offset);
					fsyncSync(descriptor);
				} finally {
					closeSync(descriptor);
				}
				await inherit(beside);
				await promises.rename(beside, path);
				touched.add(dirname(path));
			},
			async mkdir(path: string): Promise<void> {
				await promises.mkdir(path);
				await inherit(path);
				touched.add(dirname(path));
			},
		},
		flushDirectories() {
			for (const directory of touched) flushDirectory(directory);
			touched.clear();
		},
	};
}

/** Makes the names in a directory durable. */
export function flushDirectory(path: string): void {
	const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
