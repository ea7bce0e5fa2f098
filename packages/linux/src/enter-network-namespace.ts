import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** Source: linux/sched.h. */
const CLONE_NEWNET = 0x40000000;

/**
 * Moves the calling thread into the network namespace that a descriptor names: sockets that it opens from now on belong there, those that
 * it has stay where they are. Throws `SystemCallError`; EPERM where the caller has no power over that namespace.
 */
export function enterNetworkNamespace(descriptor: number): void {
	checked(nativeLibrary().setns(descriptor, CLONE_NEWNET), "setns");
}

/** Moves the calling thread into a network namespace of its own, in which there is nothing. Throws `SystemCallError`. */
export function leaveNetworkNamespace(): void {
	checked(nativeLibrary().unshare(CLONE_NEWNET), "unshare");
}
