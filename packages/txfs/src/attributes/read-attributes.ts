import type { NodeAttributes } from "@retake/changeset";
import { type FileStatus, fileExtents, type NameBytes } from "@retake/linux";
import { openReadable } from "../disk/access.ts";
import { readXattrs } from "./read-xattrs.ts";

/** Reads the attributes of a name in an open directory; `status` is the one it has. Throws `SystemCallError`. */
export function readAttributes(directory: number, name: NameBytes, status: FileStatus): NodeAttributes {
	const xattrs = status.kind === "symlink" ? [] : readXattrs(directory, name, status).kept;
	if (status.kind !== "file" || status.size === 0) return { mtimeNs: status.mtimeNs, xattrs, extents: null };
	using file = openReadable(directory, name, status);
	return { mtimeNs: status.mtimeNs, xattrs, extents: fileExtents(file.descriptor, status.size) };
}
