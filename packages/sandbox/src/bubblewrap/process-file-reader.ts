import { closeSync, openSync, readSync } from "node:fs";

/** Reads files of `/proc` into one buffer; null for a process that is gone, or that must not be looked into. */
export type ProcessFileReader = (path: string) => string | null;

const bufferBytes = 64 * 1024;

/** Makes a reader. Node's own would take a fresh buffer for each of thousands of small files a second. */
export function createProcessFileReader(): ProcessFileReader {
	const buffer = Buffer.allocUnsafe(bufferBytes);
	return (path) => {
		try {
			const descriptor = openSync(path, "r");
			try {
				// The kernel hands out a list a page at a time.
				for (let size = 0; ; ) {
					const count = readSync(descriptor, buffer, size, bufferBytes - size, null);
					if (count === 0) return buffer.toString("latin1", 0, size);
					size += count;
				}
			} finally {
				closeSync(descriptor);
			}
		} catch (cause) {
			return orGone(cause);
		}
	};
}

/** Returns null for an answer that means "not there any more, or not for you"; throws on. */
export function orGone(cause: unknown): null {
	const { code } = cause as NodeJS.ErrnoException;
	if (code !== undefined && ["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(code)) return null;
	throw cause;
}
