import { statfsSync } from "node:fs";

/** Returns the size of the whole file system that a path lies on, bytes. */
export function fileSystemBytes(path: string): number {
	const { blocks, bsize } = statfsSync(path);
	return blocks * bsize;
}
