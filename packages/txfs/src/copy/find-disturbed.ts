import { readlinkSync } from "node:fs";
import { rawTextFromBytes, type TreePath } from "@retake/changeset";
import { judgeStamp, type KnownPlace, type KnownTree, plainStampOf } from "./known-tree.ts";
import type { PlainTree } from "./plain-tree.ts";
import { changedProtected, lookAtProtected } from "./protected-trees.ts";
import { type PlainPlace, walkPlainTree } from "./walk-plain-tree.ts";

/** Where a working tree may differ from what was known of it. */
export interface Disturbed {
	readonly paths: ReadonlySet<TreePath>;
	readonly isProtectedTouched: boolean;
	/** The protected names that are there. */
	readonly protectedPaths: Iterable<TreePath>;
}

/** Of a tree that nobody wrote to. */
export const undisturbed: Disturbed = { paths: new Set(), isProtectedTouched: false, protectedPaths: [] };

/** Finds what a dropped step has left in a tree, without reading any file. Throws `TREE_REFUSED` for a path above `pathLengthMax`. */
export function findDisturbed(tree: PlainTree, known: KnownTree, knownAtNs: bigint): Disturbed {
	const paths = new Set<TreePath>();
	const met = new Set<TreePath>();
	const tops = new Map<TreePath, NonNullable<PlainPlace["refusal"]>>();
	for (const place of walkPlainTree(tree)) {
		if (place.refusal !== null) tops.set(place.path, place.refusal);
		else {
			met.add(place.path);
			if (!isAsKnown(tree, place, known.places.get(place.path), knownAtNs)) paths.add(place.path);
		}
	}
	for (const path of known.places.keys()) if (!met.has(path)) paths.add(path);
	const touched = changedProtected(known.protectedTrees, lookAtProtected(tree, tops), knownAtNs);
	return { paths, isProtectedTouched: touched.length > 0, protectedPaths: tops.keys() };
}

function isAsKnown(tree: PlainTree, place: PlainPlace, known: KnownPlace | undefined, knownAtNs: bigint): boolean {
	const { path, status, parent, name } = place;
	const mode = Number(status.mode & 0o7777n);
	switch (known?.node.kind) {
		case undefined:
			return false;
		case "file":
			return (
				status.isFile() && mode === known.node.mode && judgeStamp(known, plainStampOf(status), knownAtNs) === "same"
			);
		case "symlink":
			return (
				status.isSymbolicLink() &&
				judgeStamp(known, plainStampOf(status), knownAtNs) === "same" &&
				rawTextFromBytes(readlinkSync(parent.at(name), { encoding: "buffer" })) === known.node.target
			);
		case "directory":
			return (
				status.isDirectory() &&
				judgeStamp(known, plainStampOf(status), knownAtNs) !== "changed" &&
				tree.modeOf(path, status) === (known.node.mode | known.setIdBits)
			);
	}
}
