import { constants } from "node:fs";
import {
	changeOwnerAt,
	type FileStatus,
	getExtendedAttribute,
	makeNodeAt,
	type NameBytes,
	setExtendedAttribute,
} from "@retake/linux";
import type { TreeOwner } from "../layer-space.ts";

// How overlayfs writes down what is gone: Linux, Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".
const opaqueAttribute = "user.overlay.opaque";
const whiteoutAttribute = "user.overlay.whiteout";

/** How a directory of a layer relates to the ones below: it hides them, it may hold whiteouts that are files, or neither. */
export type OpaqueMark = "hides" | "has-whiteout-files" | null;

/** Tells whether a status is that of a whiteout: a character device 0:0. */
export function isWhiteoutDevice(status: FileStatus): boolean {
	return status.kind === "character-device" && status.rdev === 0;
}

/** Tells whether a name in a directory marked `has-whiteout-files` is a whiteout: an empty file with the attribute. */
export function isWhiteoutFile(directory: number, name: Buffer, status: FileStatus): boolean {
	if (status.kind !== "file" || status.size !== 0) return false;
	return (
		getExtendedAttribute(Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name]), whiteoutAttribute) !== null
	);
}

/** Reads the mark of an open directory. */
export function readOpaqueMark(directory: number): OpaqueMark {
	// "/." because the attribute calls do not follow the link that /proc/self/fd/N itself is.
	const value = getExtendedAttribute(`/proc/self/fd/${directory}/.`, opaqueAttribute)?.toString("latin1");
	if (value === "y") return "hides";
	return value === "x" ? "has-whiteout-files" : null;
}

/** Marks an open directory as hiding everything below it. */
export function markOpaque(directory: number): void {
	setExtendedAttribute(`/proc/self/fd/${directory}/.`, opaqueAttribute, Buffer.from("y"));
}

/** Makes a whiteout. */
export function makeWhiteout(directory: number, name: NameBytes, owner: TreeOwner | null): void {
	makeNodeAt(directory, name, constants.S_IFCHR, 0);
	if (owner !== null) changeOwnerAt(directory, name, owner.uid, owner.gid);
}
