import { nativeLibrary } from "./native-library.ts";
import { checked, isSystemCallError } from "./system-call-error.ts";

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Locks an open file or directory for this descriptor alone and tells whether it got the lock; never waits. The lock ends
 * with the descriptor, hence with the process, however that dies. A shared lock that this descriptor had is lost where it gets
 * none. Throws `SystemCallError`.
 */
export function tryLockExclusive(descriptor: number): boolean {
	return tryLock(descriptor, LOCK_EX);
}

/** Locks an open file or directory beside others who do the same, as `tryLockExclusive` otherwise. */
export function tryLockShared(descriptor: number): boolean {
	return tryLock(descriptor, LOCK_SH);
}

function tryLock(descriptor: number, operation: number): boolean {
	try {
		checked(nativeLibrary().flock(descriptor, operation | LOCK_NB), "flock");
		return true;
	} catch (error) {
		if (isSystemCallError(error, "EAGAIN", "EWOULDBLOCK")) return false;
		throw error;
	}
}
