import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

const CLOSE_RANGE_CLOEXEC = 4;
const lastDescriptor = 0xffff_ffff;

/**
 * Marks every descriptor of this process from `first` on to be closed when a program is started: Node does so with those that
 * it opens, but not with those that it was started with itself. What a child is given by `stdio` it gets all the same.
 * Throws `SystemCallError`: `ENOSYS` or `EINVAL` before Linux 5.11.
 */
export function closeOnExecFrom(first: number): void {
	checked(nativeLibrary().close_range(first, lastDescriptor, CLOSE_RANGE_CLOEXEC), "close_range");
}
