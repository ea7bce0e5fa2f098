import { constants } from "node:fs";
import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** Stands for the current directory where a directory's descriptor is asked for. */
export const AT_FDCWD = -100;
/** Opens a place in the tree without opening what is there: nothing is read, no device is touched, no fifo waits. */
export const O_PATH = 0o10000000;
/** Refuses to cross a mount point. */
export const RESOLVE_NO_XDEV = 0x01;
/** Refuses `/proc`-style links, which lead past every other rule. */
export const RESOLVE_NO_MAGICLINKS = 0x02;
/** Refuses every symbolic link, the last component included: `ELOOP`. */
export const RESOLVE_NO_SYMLINKS = 0x04;
/** Refuses to leave the starting directory: `EXDEV`. */
export const RESOLVE_BENEATH = 0x08;
/** Takes the starting directory as `/`. */
export const RESOLVE_IN_ROOT = 0x10;

const O_CLOEXEC = 0o2000000;
const openHowSize = 24;

/** How `openAt` opens: flags of `fs.constants`, the mode of a new file, and the rules of resolution. */
export interface OpenHow {
	readonly flags: number;
	/** Nine permission bits of a file that this creates. Default 0. */
	readonly mode?: number;
	/** `RESOLVE_*` together. Default 0. */
	readonly resolve?: number;
}

/** Opens a path from a directory by `openat2` and returns a descriptor, which children do not inherit. Throws `SystemCallError`. */
export function openAt(directory: number, path: NameBytes, how: OpenHow): number {
	const packed = Buffer.allocUnsafe(openHowSize);
	packed.writeBigUInt64LE(BigInt(how.flags | O_CLOEXEC), 0);
	packed.writeBigUInt64LE(BigInt(how.mode ?? 0), 8);
	packed.writeBigUInt64LE(BigInt(how.resolve ?? 0), 16);
	const library = nativeLibrary();
	const ended = toZeroEnded(path);
	for (let attempt = 0; ; attempt++) {
		const descriptor = library.openat2(directory, ended, packed, openHowSize);
		// The kernel answers EAGAIN where a rename elsewhere kept it from proving that the path stayed beneath.
		if (descriptor >= 0 || library.lastError() !== EAGAIN || attempt === attemptsMax) {
			return checked(descriptor, "openat2", path);
		}
	}
}

const EAGAIN = 11;
const attemptsMax = 64;

/**
 * Opens a path that stays beneath a directory and passes no symbolic link, whatever others rename meanwhile. With `O_PATH`
 * a final link is itself what is opened. Throws `SystemCallError`: `ELOOP` for a link, `EXDEV` for a path that leaves.
 */
export function openBeneath(
	directory: number,
	path: NameBytes,
	flags: number = constants.O_RDONLY,
	mode?: number,
): number {
	return openAt(directory, path, {
		flags: flags | constants.O_NOFOLLOW,
		...(mode === undefined ? {} : { mode }),
		resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	});
}
