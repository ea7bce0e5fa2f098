import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** Makes a directory; the umask applies to `mode`. Throws `SystemCallError`. */
export function makeDirectoryAt(directory: number, name: NameBytes, mode: number): void {
	checked(nativeLibrary().mkdirat(directory, toZeroEnded(name), mode), "mkdirat", name);
}

/** Makes a symbolic link that holds `target` as it is. Throws `SystemCallError`. */
export function makeSymlinkAt(target: NameBytes, directory: number, name: NameBytes): void {
	checked(nativeLibrary().symlinkat(toZeroEnded(target), directory, toZeroEnded(name)), "symlinkat", name);
}

/**
 * Gives what has one name a second one, on the same file system; a symbolic link is itself what gets it. Throws
 * `SystemCallError`: `EEXIST`, `EXDEV`, `EMLINK` where it has as many names as the file system allows.
 */
export function makeLinkAt(oldDirectory: number, oldName: NameBytes, newDirectory: number, newName: NameBytes): void {
	const result = nativeLibrary().linkat(oldDirectory, toZeroEnded(oldName), newDirectory, toZeroEnded(newName), 0);
	checked(result, "linkat", newName);
}

/**
 * Makes a device, fifo or empty file: `mode` holds the type (`fs.constants.S_IFCHR` …) and the permission bits. Device 0
 * of type `S_IFCHR` is overlayfs's mark of a deletion, which ordinary users may make too. Throws `SystemCallError`.
 */
export function makeNodeAt(directory: number, name: NameBytes, mode: number, device: number): void {
	checked(nativeLibrary().mknodat(directory, toZeroEnded(name), mode, device), "mknodat", name);
}
