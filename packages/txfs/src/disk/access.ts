import { chmodSync, constants } from "node:fs";
import {
	changeModeAt,
	type FileStatus,
	fileStatus,
	isSystemCallError,
	type NameBytes,
	OpenDescriptor,
	openBeneath,
} from "@retake/linux";

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

/**
 * Reads something of a file or directory that its mode may forbid its owner to read: then the mode is another meanwhile.
 * `status` is what it has now; nobody else may be working on it.
 */
export function whileReadable<Value>(directory: number, name: NameBytes, status: FileStatus, read: () => Value): Value {
	try {
		return read();
	} catch (error) {
		if (!isBoundByModes() || !isSystemCallError(error, "EACCES")) throw error;
	}
	changeModeAt(directory, name, status.mode | 0o400);
	try {
		return read();
	} finally {
		changeModeAt(directory, name, status.mode);
	}
}

/** Opens a file of a layer at rest for reading, whatever its mode says. Throws `SystemCallError`. */
export function openReadable(directory: number, name: NameBytes, status: FileStatus): OpenDescriptor {
	const flags = constants.O_RDONLY | constants.O_NONBLOCK;
	return whileReadable(directory, name, status, () => new OpenDescriptor(openBeneath(directory, name, flags)));
}
