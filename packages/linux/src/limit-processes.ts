import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** Source: asm-generic/resource.h; the same on x86-64 and 64-bit ARM. */
const RLIMIT_NPROC = 6;

/**
 * Bounds how many processes another process and those that it starts from now on may have together, in their user namespace.
 * Throws `SystemCallError`; ESRCH where it has ended, EPERM where it is another user's.
 */
export function limitProcesses(processId: number, processes: number): void {
	const bounds = Buffer.alloc(16);
	bounds.writeBigUInt64LE(BigInt(processes), 0);
	bounds.writeBigUInt64LE(BigInt(processes), 8);
	checked(nativeLibrary().prlimit(processId, RLIMIT_NPROC, bounds, null), "prlimit");
}
