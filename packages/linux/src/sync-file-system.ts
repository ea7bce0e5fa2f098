import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/**
 * Makes everything durable that was written to the file system on which a descriptor lies: one flush for many files.
 * Throws `SystemCallError`; since Linux 5.8 that includes a write-back error met since the descriptor was opened, so it
 * must be opened before the writes.
 */
export function syncFileSystem(descriptor: number): void {
	checked(nativeLibrary().syncfs(descriptor), "syncfs");
}
