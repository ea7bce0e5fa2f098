import { type ChangesetId, sha256 } from "@retake/base";
import { encodeCanonical } from "../canonical/encode-canonical.ts";
import type { Changeset } from "../changeset.ts";
import { treePathToBytes } from "../path/tree-path-text.ts";
import { encodeNode } from "./node-codec.ts";

/** The first field of every encoded changeset. */
export const changesetVersion = 1;

/**
 * Encodes a changeset canonically as `[1, [[path, was, now], …]]`: paths and link targets as bytes, hashes as 32 bytes.
 * Equal changesets give equal bytes.
 */
export function encodeChangeset(changeset: Changeset): Uint8Array {
	return encodeCanonical([
		changesetVersion,
		changeset.changes.map(({ path, was, now }) => [treePathToBytes(path), encodeNode(was), encodeNode(now)]),
	]);
}

/** Computes a changeset's id: SHA-256 of its encoding. Equal changes, equal id. */
export function changesetId(changeset: Changeset): ChangesetId {
	return sha256(encodeChangeset(changeset)) as ChangesetId;
}
