import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

const AT_SYMLINK_NOFOLLOW = 0x100;
const nanosecondsPerSecond = 1_000_000_000n;
/** In place of nanoseconds: leave this time as it is. */
const UTIME_OMIT = 0x3ffffffen;

/**
 * Sets the time of the last write, nanoseconds since 1970, of a symbolic link itself where the name is one; the time of the
 * last reading stays. The name may be `.`. Throws `SystemCallError`.
 */
export function setModifiedTimeAt(directory: number, name: NameBytes, mtimeNs: bigint): void {
	const nanoseconds = ((mtimeNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
	const times = Buffer.alloc(32);
	times.writeBigInt64LE(UTIME_OMIT, 8);
	times.writeBigInt64LE((mtimeNs - nanoseconds) / nanosecondsPerSecond, 16);
	times.writeBigInt64LE(nanoseconds, 24);
	checked(nativeLibrary().utimensat(directory, toZeroEnded(name), times, AT_SYMLINK_NOFOLLOW), "utimensat", name);
}
