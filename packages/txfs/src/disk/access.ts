import { chmodSync } from "node:fs";
import { fileStatus } from "@retake/linux";

/** Tells whether permission bits bind this process: they do not bind uid 0. */
export function isBoundByModes(): boolean {
	return process.geteuid?.() !== 0;
}

/**
 * Gives the owner all rights on an open directory where this process needs them and lacks them; returns the mode to put
 * back, or null where nothing had to be done.
 */
export function loosenDirectory(descriptor: number): number | null {
	if (!isBoundByModes()) return null;
	const { mode } = fileStatus(descriptor);
	if ((mode & 0o700) === 0o700) return null;
	chmodSync(`/proc/self/fd/${descriptor}`, mode | 0o700);
	return mode;
}
