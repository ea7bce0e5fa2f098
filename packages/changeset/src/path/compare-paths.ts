import { Buffer } from "node:buffer";
import type { TreePath } from "../tree-path.ts";
import { treePathToBytes } from "./tree-path-text.ts";

/** Compares two paths by their bytes: negative, zero or positive, as sorting wants it. */
export function comparePaths(left: TreePath, right: TreePath): number {
	const shorter = Math.min(left.length, right.length);
	for (let index = 0; index < shorter; index++) {
		const leftUnit = left.charCodeAt(index);
		const rightUnit = right.charCodeAt(index);
		if (leftUnit === rightUnit) continue;
		if (leftUnit < 0x80 || rightUnit < 0x80) return leftUnit - rightUnit;
		return Buffer.compare(treePathToBytes(left), treePathToBytes(right));
	}
	return left.length - right.length;
}
