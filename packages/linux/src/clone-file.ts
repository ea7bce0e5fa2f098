import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

const FICLONE = 0x40049409;

/**
 * Makes one open file share all blocks of another, copy-on-write (a reflink). Throws `SystemCallError`: `ENOTSUP`, `ENOTTY`
 * or `EINVAL` where the file system cannot, `EXDEV` across file systems; then copy.
 */
export function cloneFile(source: number, target: number): void {
	checked(nativeLibrary().ioctl(target, FICLONE, source), "ioctl(FICLONE)");
}
