import { chmodSync, closeSync, ftruncateSync, linkSync, mkdirSync, openSync, symlinkSync, writeSync } from "node:fs";
import { type TreePath, treePathToBytes } from "@retake/changeset";
import { AT_FDCWD, setExtendedAttribute, setModifiedTimeAt } from "@retake/linux";
import type { PlannedNode } from "./random-tree.ts";

/** Gives the place of a path under a directory, as the kernel takes it. */
export function placeUnder(root: string, path: TreePath): Buffer {
	return Buffer.concat([Buffer.from(`${root}/`), treePathToBytes(path)]);
}

/** Makes the planned places in a directory, modes and times last. */
export function plantTree(root: string, plan: readonly PlannedNode[]): void {
	for (const node of plan) plantNode(root, node);
	for (const { path, kind, mode, mtimeNs } of [...plan].reverse()) {
		if (kind === "file" || kind === "directory")
			chmodSync(placeUnder(root, path), mode | (kind === "directory" ? 0o700 : 0));
		if (kind !== "link") setModifiedTimeAt(AT_FDCWD, placeUnder(root, path), mtimeNs);
	}
	for (const { path, kind, mode } of [...plan].reverse())
		if (kind === "directory") chmodSync(placeUnder(root, path), mode);
}

function plantNode(root: string, { path, kind, writes, size, target, linkOf, xattrs }: PlannedNode): void {
	const at = placeUnder(root, path);
	if (kind === "directory") mkdirSync(at, 0o700);
	else if (kind === "symlink") symlinkSync(target, at);
	else if (linkOf !== null) linkSync(placeUnder(root, linkOf), at);
	else {
		const descriptor = openSync(at, "wx", 0o600);
		ftruncateSync(descriptor, size);
		for (const { offset, bytes } of writes) writeSync(descriptor, bytes, 0, bytes.length, offset);
		closeSync(descriptor);
	}
	for (const { name, value } of xattrs) setExtendedAttribute(at, name, value);
}
