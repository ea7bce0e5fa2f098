import { statfsSync } from "node:fs";
import type { SandboxLimits } from "@retake/base";
import { orGone } from "./process-file-reader.ts";

/** Where a command may write besides its workspace, and the mode of each: a tmpfs of the command's own. */
export const privatePlaces: Readonly<Record<string, string>> = {
	"/tmp": "1777",
	"/dev/shm": "1777",
	"/home/retake": "0755",
};

/**
 * Returns the size of each private place. What is in them counts as the command's memory; a bound of their own makes a
 * full one ENOSPC rather than a kill.
 */
export function privatePlaceBytes(limits: SandboxLimits): number {
	return Math.floor(limits.memoryBytes / 2);
}

/**
 * Returns how much the private places of a namespace hold, bytes. Until bwrap has put up a place, its path leads
 * elsewhere: a file system of another kind or size is not counted.
 */
export function privatePlacesUsed(init: number, sizeBytes: number): number {
	let used = 0;
	for (const place of Object.keys(privatePlaces)) {
		const found = fileSystemAt(`/proc/${init}/root${place}`);
		if (found === null || found.type !== tmpfsMagic) continue;
		if (found.blocks === Math.ceil(sizeBytes / found.bsize)) used += (found.blocks - found.bfree) * found.bsize;
	}
	return used;
}

/** Source: statfs(2), TMPFS_MAGIC. */
const tmpfsMagic = 0x01021994;

function fileSystemAt(path: string): { type: number; bsize: number; blocks: number; bfree: number } | null {
	try {
		return statfsSync(path);
	} catch (cause) {
		return orGone(cause);
	}
}
