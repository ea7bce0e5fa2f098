import { lutimesSync } from "node:fs";
import type { DataExtent, ExtendedAttribute } from "@retake/changeset";
import { AT_FDCWD, fileExtents, fileStatusAt, type NameBytes, setModifiedTimeAt } from "@retake/linux";
import { type ReadXattrs, readXattrs } from "../attributes/read-xattrs.ts";
import { replaceXattrs } from "../attributes/write-xattrs.ts";
import { type PlainDirectory, reachesThroughDescriptors } from "./plain-directory.ts";

const noXattrs: ReadXattrs = { kept: [], isDropping: false };

/** Reads the extended attributes of a name; none on a system where `node:fs` cannot. */
export function plainXattrs(parent: PlainDirectory, name: NameBytes): ReadXattrs {
	const status = parent.descriptor === null ? null : fileStatusAt(parent.descriptor, name);
	return parent.descriptor === null || status === null ? noXattrs : readXattrs(parent.descriptor, name, status);
}

/** Tells where an open file holds data; null where it has no hole, or where `node:fs` cannot tell. */
export function plainExtents(descriptor: number, size: number): readonly DataExtent[] | null {
	return reachesThroughDescriptors ? fileExtents(descriptor, size) : null;
}

/** Makes the extended attributes of what is at a path of ours exactly these, where the system can. Throws `TREE_REFUSED`. */
export function setPlainXattrs(at: string | Buffer, xattrs: readonly ExtendedAttribute[]): void {
	if (reachesThroughDescriptors) replaceXattrs(at, xattrs);
}

/** Sets the time of the last write of what is at a path, of a link itself; elsewhere than on Linux to the microsecond. */
export function setPlainTime(at: string | Buffer, mtimeNs: bigint): void {
	if (reachesThroughDescriptors) return setModifiedTimeAt(AT_FDCWD, at, mtimeNs);
	const seconds = Number(mtimeNs) / 1e9;
	lutimesSync(at, seconds, seconds);
}
