import { readSync } from "node:fs";
import { RetakeError } from "@retake/base";

/** Reads so many bytes at a place in an open file, however many reads it takes. Throws `STORE_DAMAGED` where it ends before. */
export function readExactly(descriptor: number, position: number, count: number, path: string): Buffer {
	const bytes = readUpTo(descriptor, position, count);
	if (bytes.length < count) throw damagedObjects(path, "it is cut off");
	return bytes;
}

/** Reads at most so many bytes at a place in an open file: fewer where it ends before. */
export function readUpTo(descriptor: number, position: number, count: number): Buffer {
	const bytes = Buffer.allocUnsafe(count);
	let filled = 0;
	while (filled < count) {
		const read = readSync(descriptor, bytes, filled, count - filled, position + filled);
		if (read === 0) break;
		filled += read;
	}
	return bytes.subarray(0, filled);
}

/** Makes the error of an object database that does not hold together. */
export function damagedObjects(path: string, why: string, cause?: unknown): RetakeError {
	return new RetakeError("STORE_DAMAGED", `${path} cannot be read: ${why}`, {
		cause,
		remedy: "run `git fsck` in the repository",
		data: { path },
	});
}
