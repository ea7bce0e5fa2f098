import type { TreePath } from "@retake/changeset";
import type { RefusedPath } from "../transaction.ts";
import type { ProtectedReason } from "../tree/refusal.ts";
import type { PlainTree } from "./plain-tree.ts";
import { type PlainPlace, walkPlainTree } from "./walk-plain-tree.ts";

/** A protected name in a working tree, such as a git directory of the candidate's own, and everything about it that a change would show in. */
export interface ProtectedTree {
	readonly reason: ProtectedReason;
	readonly stamps: ReadonlyMap<TreePath, string>;
	/** The latest ctime of a file beneath, nanoseconds: see `judgeStamp`. */
	readonly latestNs: bigint;
}

/** All protected names of a working tree. */
export type ProtectedTrees = ReadonlyMap<TreePath, ProtectedTree>;

/** Looks at protected names of a tree and at all beneath them. */
export function lookAtProtected(tree: PlainTree, tops: ReadonlyMap<TreePath, ProtectedReason>): ProtectedTrees {
	const trees = new Map<TreePath, ProtectedTree>();
	for (const [path, reason] of tops) {
		const status = tree.status(path);
		if (status !== null) trees.set(path, lookAt(tree, { path, status }, reason));
	}
	return trees;
}

function lookAt(tree: PlainTree, top: Pick<PlainPlace, "path" | "status">, reason: ProtectedReason): ProtectedTree {
	const stamps = new Map<TreePath, string>();
	let latestNs = 0n;
	const add = ({ path, status }: typeof top): void => {
		if (status.isDirectory()) return void stamps.set(path, `directory ${tree.modeOf(path, status)}`);
		stamps.set(path, [status.mode, status.size, status.mtimeNs, status.ctimeNs, status.ino].join(" "));
		if (status.ctimeNs > latestNs) latestNs = status.ctimeNs;
	};
	add(top);
	if (top.status.isDirectory()) for (const place of walkPlainTree(tree, top.path)) add(place);
	return { reason, stamps, latestNs };
}

/** Tells which protected names a step touched. */
export function changedProtected(before: ProtectedTrees, now: ProtectedTrees, knownAtNs: bigint): RefusedPath[] {
	const changed: RefusedPath[] = [];
	for (const [path, tree] of now) {
		const was = before.get(path);
		if (was === undefined || !isUntouched(was, tree, knownAtNs)) changed.push({ path, reason: tree.reason });
	}
	for (const [path, { reason }] of before) if (!now.has(path)) changed.push({ path, reason });
	return changed;
}

function isUntouched(before: ProtectedTree, now: ProtectedTree, knownAtNs: bigint): boolean {
	if (now.latestNs >= knownAtNs || now.stamps.size !== before.stamps.size) return false;
	for (const [path, stamp] of now.stamps) if (before.stamps.get(path) !== stamp) return false;
	return true;
}
