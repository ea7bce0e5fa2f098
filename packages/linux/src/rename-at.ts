import type { NameBytes } from "./name-bytes.ts";
import { toZeroEnded } from "./name-bytes.ts";
import { nativeLibrary } from "./native-library.ts";
import { checked } from "./system-call-error.ts";

const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** Renames, replacing what is at the new name. Throws `SystemCallError`. */
export function renameAt(oldDirectory: number, oldName: NameBytes, newDirectory: number, newName: NameBytes): void {
	const result = nativeLibrary().renameat(oldDirectory, toZeroEnded(oldName), newDirectory, toZeroEnded(newName));
	checked(result, "renameat", newName);
}

/** Renames only where nothing has the new name. Throws `SystemCallError`: `EEXIST`, and `EINVAL` where the file system cannot. */
export function renameNoReplaceAt(
	oldDirectory: number,
	oldName: NameBytes,
	newDirectory: number,
	newName: NameBytes,
): void {
	renameWithFlags(oldDirectory, oldName, newDirectory, newName, RENAME_NOREPLACE);
}

/** Swaps two names in one step; their kinds may differ. Throws `SystemCallError`: `ENOENT` where either is missing. */
export function exchangeAt(oldDirectory: number, oldName: NameBytes, newDirectory: number, newName: NameBytes): void {
	renameWithFlags(oldDirectory, oldName, newDirectory, newName, RENAME_EXCHANGE);
}

function renameWithFlags(
	oldDirectory: number,
	oldName: NameBytes,
	newDirectory: number,
	newName: NameBytes,
	flags: number,
): void {
	const from = toZeroEnded(oldName);
	const to = toZeroEnded(newName);
	checked(nativeLibrary().renameat2(oldDirectory, from, newDirectory, to, flags), "renameat2", newName);
}
