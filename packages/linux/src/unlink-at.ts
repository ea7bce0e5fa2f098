import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

const AT_REMOVEDIR = 0x200;

/** Removes a name that is not a directory; a symbolic link itself, never what it points to. Throws `SystemCallError`. */
export function unlinkAt(directory: number, name: NameBytes): void {
	checked(nativeLibrary().unlinkat(directory, toZeroEnded(name), 0), "unlinkat", name);
}

/** Removes an empty directory. Throws `SystemCallError`: `ENOTEMPTY`, `ENOTDIR`. */
export function removeDirectoryAt(directory: number, name: NameBytes): void {
	checked(nativeLibrary().unlinkat(directory, toZeroEnded(name), AT_REMOVEDIR), "unlinkat", name);
}
