import type { BigIntStats } from "node:fs";
import type { TreeNode, TreePath } from "@retake/changeset";
import { type FileStamp, isSameStamp } from "../disk/file-stamp.ts";
import type { ProtectedTrees } from "./protected-trees.ts";

/** What is certain about one place of a working tree, and by what a change since would show. */
export interface KnownPlace {
	readonly node: TreeNode;
	readonly stamp: FileStamp;
	/** Which of the setuid and setgid bits a directory has on disk. */
	readonly setIdBits: number;
}

/** All that is certain about a working tree. */
export interface KnownTree {
	readonly places: ReadonlyMap<TreePath, KnownPlace>;
	readonly protectedTrees: ProtectedTrees;
}

/** How a file compares with what is known: unchanged, changed, or written so late that its stamp does not tell. */
export type StampVerdict = "same" | "changed" | "uncertain";

/** Takes a stamp from a status. */
export function plainStampOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): FileStamp {
	return { size: Number(size), mtimeNs, ctimeNs, ino };
}

/**
 * Judges a file by its stamp. One that was changed at or after `knownAtNs`, when its content was last certain, may have been
 * written again within the same tick of the file system's clock: git's "racily clean" entries. Links that were made or
 * removed meanwhile show in the ctime. Source: git, Documentation/technical/racy-git.txt
 */
export function judgeStamp(known: KnownPlace | undefined, now: FileStamp, knownAtNs: bigint): StampVerdict {
	if (known === undefined || !isSameStamp(known.stamp, now)) return "changed";
	return now.ctimeNs < knownAtNs ? "same" : "uncertain";
}
