import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

// Linux bounds a link's target by PATH_MAX, 4096 with its ending zero.
const targetBytesMax = 4096;

/** Returns the bytes that a symbolic link holds; an empty name reads the link that `directory` itself is. Throws `SystemCallError`. */
export function readLinkAt(directory: number, name: NameBytes): Buffer {
	const target = Buffer.alloc(targetBytesMax);
	const length = nativeLibrary().readlinkat(directory, toZeroEnded(name), target, target.length);
	return Buffer.from(target.subarray(0, checked(length, "readlinkat", name)));
}
