import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** Lets no program there take its owner's rights. */
export const MS_NOSUID = 0x2;
/** Makes devices there inert. */
export const MS_NODEV = 0x4;
/** Changes the options of what is mounted. */
export const MS_REMOUNT = 0x20;
/** Mounts a directory a second time. */
export const MS_BIND = 0x1000;
/** Makes mounts on what is mounted appear in its copies too. */
export const MS_SHARED = 0x10_0000;

/** What is mounted, and how; see mount(2). */
export interface MountRequest {
	/** What is mounted: a directory to bind, or a name for people. */
	readonly source: NameBytes;
	readonly target: NameBytes;
	/** Name of the file system; ignored for a bind, a remount and a change of propagation. */
	readonly type: string;
	/** Any of the `MS_` constants, added. */
	readonly flags: number;
	/** Options of the file system, at most a page less a byte. */
	readonly options: string;
}

/** Mounts in this process's own mount namespace. Throws `SystemCallError`: `EPERM` without the capability, `ENOSPC`, `EINVAL`. */
export function mountFileSystem(request: MountRequest): void {
	const { source, target, type, flags, options } = request;
	const words = [source, target, type].map(toZeroEnded) as [Buffer, Buffer, Buffer];
	checked(nativeLibrary().mount(...words, flags, toZeroEnded(options)), "mount", target);
}

const detach = 2;

/**
 * Unmounts what is mounted uppermost at a path, and with `lazily` everything below it even while it is in use. Throws
 * `SystemCallError`: `EBUSY` where something of it is in use, `EINVAL` where nothing is mounted.
 */
export function unmountFileSystem(target: NameBytes, how: { readonly lazily: boolean }): void {
	checked(nativeLibrary().umount2(toZeroEnded(target), how.lazily ? detach : 0), "umount2", target);
}
