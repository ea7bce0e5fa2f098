import { statfsSync } from "node:fs";
import { RetakeError } from "@retake/base";
import { type ExtendedAttribute, isKeptAttribute, rawTextFromBytes } from "@retake/changeset";
import {
	isSystemCallError,
	listExtendedAttributes,
	type NameBytes,
	removeExtendedAttribute,
	setExtendedAttribute,
} from "@retake/linux";
import { toNameBytes } from "../tree/name-bytes.ts";

/**
 * Sets extended attributes on what has none of these names yet. Throws `TREE_REFUSED` where the file system cannot take one, and
 * the system's error where the disk is full or anything else is wrong.
 */
export function writeXattrs(at: NameBytes, xattrs: readonly ExtendedAttribute[]): void {
	for (const { name, value } of xattrs) {
		try {
			setExtendedAttribute(at, toNameBytes(name), value);
		} catch (cause) {
			if (!isNotTaken(cause, at, value.length)) throw cause;
			throw new RetakeError("TREE_REFUSED", `the file system does not take the extended attribute ${name}`, {
				cause,
				data: { attribute: name, bytes: value.length },
				remedy: "keep the tree on a file system with room for extended attributes, or remove it",
			});
		}
	}
}

/** ENOSPC is said of a full disk, and by ext4 of an inode whose attributes have one block and fill it: setxattr(2). */
function isNotTaken(cause: unknown, at: NameBytes, bytes: number): boolean {
	if (isSystemCallError(cause, "EOPNOTSUPP", "ENOTSUP", "E2BIG", "ERANGE")) return true;
	if (!isSystemCallError(cause, "ENOSPC")) return false;
	const { bsize, bavail } = statfsSync(typeof at === "string" ? at : Buffer.from(at));
	return bavail * bsize > bytes + bsize;
}

/** Makes the extended attributes that are kept exactly these. Throws as `writeXattrs` does. */
export function replaceXattrs(at: NameBytes, xattrs: readonly ExtendedAttribute[]): void {
	const wanted = new Set(xattrs.map(({ name }) => name));
	for (const bytes of listExtendedAttributes(at)) {
		const name = rawTextFromBytes(bytes);
		if (isKeptAttribute(name) && !wanted.has(name)) removeExtendedAttribute(at, bytes);
	}
	writeXattrs(at, xattrs);
}
