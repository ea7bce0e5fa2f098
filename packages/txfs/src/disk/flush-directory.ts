import { closeSync, constants, fsyncSync, openSync } from "node:fs";

/** Makes the names in a directory durable. */
export function flushDirectory(path: string): void {
	const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
	try {
		fsyncSync(descriptor);
	} finally {
		closeSync(descriptor);
	}
}
