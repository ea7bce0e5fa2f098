import { constants } from "node:os";
import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

/** What a name stands for. */
export type FileKind = "file" | "directory" | "symlink" | "character-device" | "block-device" | "fifo" | "socket";

/** What the kernel keeps about a file. */
export interface FileStatus {
	readonly kind: FileKind;
	/** Twelve bits: permissions, setuid, setgid and sticky. */
	readonly mode: number;
	/** Bytes. */
	readonly size: number;
	/** What it takes on disk, bytes: less than its size where it has holes or shares blocks that are not its own. */
	readonly allocatedBytes: number;
	readonly uid: number;
	readonly gid: number;
	readonly ino: bigint;
	/** The file system's device; major and minor packed as the C library does. */
	readonly dev: number;
	/** The device that a device node names; 0 for major 0, minor 0. */
	readonly rdev: number;
	readonly nlink: number;
	/** Whether it is marked immutable or append-only (`chattr +i`, `+a`): nobody may rename or replace it, root neither. */
	readonly isImmutable: boolean;
	/** Time of the last write, nanoseconds since 1970. */
	readonly mtimeNs: bigint;
	/** Time of the last change of the inode, nanoseconds since 1970. */
	readonly ctimeNs: bigint;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_IMMUTABLE = 0x10;
const STATX_ATTR_APPEND = 0x20;

/**
 * Returns the status of a name in a directory, of a symbolic link itself, or null where nothing has the name; an empty name
 * means what `directory` has open. Only the last component is kept from being followed: pass a single one. Throws `SystemCallError`.
 */
export function fileStatusAt(directory: number, name: NameBytes): FileStatus | null {
	const flags = AT_SYMLINK_NOFOLLOW | (name.length === 0 ? AT_EMPTY_PATH : 0);
	const library = nativeLibrary();
	const result = library.statx(directory, toZeroEnded(name), flags, STATX_BASIC_STATS, library.statxAnswer);
	if (result < 0 && library.lastError() === constants.errno.ENOENT) return null;
	checked(result, "statx", name);
	return unpackStatus(library.statxAnswer);
}

/** Returns the status of what a descriptor has open. Throws `SystemCallError`. */
export function fileStatus(descriptor: number): FileStatus {
	const library = nativeLibrary();
	const flags = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH;
	checked(library.statx(descriptor, toZeroEnded(""), flags, STATX_BASIC_STATS, library.statxAnswer), "statx");
	return unpackStatus(library.statxAnswer);
}

function unpackStatus(packed: Buffer): FileStatus {
	const typeAndMode = packed.readUInt16LE(28);
	return {
		kind: kindOf(typeAndMode),
		mode: typeAndMode & 0o7777,
		size: Number(packed.readBigUInt64LE(40)),
		allocatedBytes: Number(packed.readBigUInt64LE(48)) * 512,
		uid: packed.readUInt32LE(20),
		gid: packed.readUInt32LE(24),
		ino: packed.readBigUInt64LE(32),
		dev: packDevice(packed.readUInt32LE(136), packed.readUInt32LE(140)),
		rdev: packDevice(packed.readUInt32LE(128), packed.readUInt32LE(132)),
		nlink: packed.readUInt32LE(16),
		isImmutable: (packed.readUInt32LE(8) & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) !== 0,
		mtimeNs: packed.readBigInt64LE(112) * 1_000_000_000n + BigInt(packed.readUInt32LE(120)),
		ctimeNs: packed.readBigInt64LE(96) * 1_000_000_000n + BigInt(packed.readUInt32LE(104)),
	};
}

function kindOf(typeAndMode: number): FileKind {
	switch (typeAndMode & 0o170000) {
		case 0o040000:
			return "directory";
		case 0o120000:
			return "symlink";
		case 0o020000:
			return "character-device";
		case 0o060000:
			return "block-device";
		case 0o010000:
			return "fifo";
		case 0o140000:
			return "socket";
		default:
			return "file";
	}
}

// The C library's layout, so that the number equals the `dev` of node:fs: minor 7..0, major 11..0, minor 19..8, major rest.
function packDevice(major: number, minor: number): number {
	const low = (minor & 0xff) | ((major & 0xfff) << 8);
	return low + (minor >>> 8) * 2 ** 20 + (major >>> 12) * 2 ** 44;
}
