import { constants } from "node:fs";
import { RetakeError } from "@retake/base";
import { rawTextFromBytes } from "@retake/changeset";
import {
	isSystemCallError,
	type NameBytes,
	O_PATH,
	OpenDescriptor,
	openAt,
	RESOLVE_BENEATH,
	RESOLVE_NO_MAGICLINKS,
	RESOLVE_NO_SYMLINKS,
	RESOLVE_NO_XDEV,
} from "@retake/linux";

const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
// The kernel takes no path above PATH_MAX (4096 with its ending zero); a longer one is walked in pieces.
const pieceBytesMax = 4_000;
const slash = 0x2f;

/**
 * Opens a path beneath a directory, however long, passing no symbolic link and no mount point: only what can be reached by a
 * rename. Throws `COMMIT_FAILED` for a mount, also where the same file system is mounted there once more, and `SystemCallError`.
 */
export function openWithin(directory: number, path: NameBytes, flags: number): OpenDescriptor {
	const bytes = Buffer.from(path);
	try {
		let opened: OpenDescriptor | null = null;
		let start = 0;
		while (bytes.length - start > pieceBytesMax) {
			const end = bytes.lastIndexOf(slash, start + pieceBytesMax);
			if (end <= start) break;
			using previous = opened;
			opened = openPiece(previous?.descriptor ?? directory, bytes.subarray(start, end), O_PATH | constants.O_DIRECTORY);
			start = end + 1;
		}
		using above = opened;
		return openPiece(above?.descriptor ?? directory, bytes.subarray(start), flags);
	} catch (cause) {
		if (!isSystemCallError(cause, "EXDEV")) throw cause;
		const name = rawTextFromBytes(bytes);
		throw new RetakeError("COMMIT_FAILED", `${name} is a mount point or lies behind one, which no rename can reach`, {
			cause,
			remedy: "commit to a branch with branch:NAME or to a patch with patch:FILE, or unmount it",
			data: { path: name },
		});
	}
}

function openPiece(directory: number, path: Uint8Array, flags: number): OpenDescriptor {
	return new OpenDescriptor(openAt(directory, path, { flags: flags | constants.O_NOFOLLOW, resolve }));
}
