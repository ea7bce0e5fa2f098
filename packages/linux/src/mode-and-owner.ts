import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;

/**
 * Sets the permission bits exactly, past the umask. The last component is followed where it is a symbolic link, which has
 * no mode of its own: use it where the name is known to be another kind, or `fs.fchmodSync` on a descriptor. Throws `SystemCallError`.
 */
export function changeModeAt(directory: number, name: NameBytes, mode: number): void {
	checked(nativeLibrary().fchmodat(directory, toZeroEnded(name), mode, 0), "fchmodat", name);
}

/**
 * Sets the owner, of a symbolic link itself where the name is one; an empty name means what `directory` has open. -1 leaves
 * a part as it is. The kernel drops the setuid and setgid bits: set the mode afterwards. Throws `SystemCallError`.
 */
export function changeOwnerAt(directory: number, name: NameBytes, uid: number, gid: number): void {
	const flags = AT_SYMLINK_NOFOLLOW | (name.length === 0 ? AT_EMPTY_PATH : 0);
	const result = nativeLibrary().fchownat(directory, toZeroEnded(name), uid >>> 0, gid >>> 0, flags);
	checked(result, "fchownat", name);
}
