import { isRetakeError } from "@retake/base";
import { refuseProtected, type TreePath } from "@retake/changeset";
import type { RefusedPath } from "../transaction.ts";
import { childPath } from "./name-bytes.ts";

/** Why a name and all beneath it is left out of every snapshot and changeset. */
export type ProtectedReason = Extract<RefusedPath["reason"], "git-directory" | "own-directory">;

/**
 * Tells why a name, with all beneath it, is never part of a snapshot or a changeset: some file system takes it for a git
 * directory, or it is Retake's own at the root. Null for every other name.
 */
export function refusalOf(parent: TreePath | null, name: string): ProtectedReason | null {
	if (isProtected(`x/${name}` as TreePath)) return "git-directory";
	return parent === null && isProtected(childPath(null, name)) ? "own-directory" : null;
}

function isProtected(path: TreePath): boolean {
	try {
		refuseProtected(path);
		return false;
	} catch (error) {
		if (isRetakeError(error, "PATH_REFUSED")) return true;
		throw error;
	}
}
