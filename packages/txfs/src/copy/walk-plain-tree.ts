import type { BigIntStats } from "node:fs";
import { RetakeError } from "@retake/base";
import type { TreePath } from "@retake/changeset";
import { childPath, nameFromBytes } from "../tree/name-bytes.ts";
import { type ProtectedReason, refusalOf } from "../tree/refusal.ts";
import { pathLengthMax, tooLong } from "../tree/refused-tree.ts";
import type { PlainDirectory } from "./plain-directory.ts";
import type { PlainTree } from "./plain-tree.ts";

/** One name met in a plain tree. `parent` is open until the walk goes on or another directory of the tree is used. */
export interface PlainPlace {
	readonly path: TreePath;
	readonly parent: PlainDirectory;
	readonly name: Buffer;
	readonly status: BigIntStats;
	/** Why it is no part of a changeset, with all beneath it, which is not walked then. */
	readonly refusal: ProtectedReason | null;
}

/**
 * Yields what is in a tree at rest, a directory before what is in it; beneath a `from` everything, git directories too.
 * Throws `TREE_REFUSED` for a path above `pathLengthMax`, `TREE_CHANGED` where a name vanishes meanwhile.
 */
export function* walkPlainTree(tree: PlainTree, from: TreePath | null = null): Generator<PlainPlace> {
	const pending: (TreePath | null)[] = [from];
	for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
		const names = tree.directory(at).names();
		for (const name of names) {
			const text = nameFromBytes(name);
			const path = childPath(at, text);
			if (path.length > pathLengthMax) throw tooLong(path);
			const parent = tree.directory(at);
			const status = parent.statusOf(name);
			if (status === null)
				throw new RetakeError("TREE_CHANGED", `${path} vanished while it was read`, { data: { paths: [path] } });
			const refusal = from === null ? refusalOf(at, text) : null;
			if (status.isDirectory() && refusal === null) pending.push(path);
			yield { path, parent, name, status, refusal };
		}
	}
}
