import { nativeLibrary } from "./native-library.ts";
import { checked, isSystemCallError } from "./system-call-error.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks an open file or directory for this descriptor alone and tells whether it got the lock; never waits. The lock ends
 * with the descriptor, hence with the process, however that dies. Throws `SystemCallError`.
 */
export function tryLockExclusive(descriptor: number): boolean {
	try {
		checked(nativeLibrary().flock(descriptor, LOCK_EX | LOCK_NB), "flock");
		return true;
	} catch (error) {
		if (isSystemCallError(error, "EAGAIN", "EWOULDBLOCK")) return false;
		throw error;
	}
}
