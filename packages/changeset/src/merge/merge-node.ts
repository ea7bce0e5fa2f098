import type { Blobs } from "../blobs.ts";
import type { FileNode, TreeNode } from "../tree-node.ts";
import type { MergeConflictKind } from "./merge-conflict.ts";
import { mergeFileBytesMax, mergeText } from "./merge-text.ts";

/** What two changes of one path come to. */
export type NodeMerge =
	| { readonly kind: "merged"; readonly node: TreeNode }
	| { readonly kind: "conflict"; readonly conflict: MergeConflictKind };

/** Merges what two sides made of one path, where both changed it and not alike. Mode and content are merged apart. */
export function mergeNode(
	was: TreeNode | null,
	ours: TreeNode | null,
	theirs: TreeNode | null,
	blobs: Blobs,
): NodeMerge {
	if (ours === null || theirs === null) return conflict("delete-edit");
	if (ours.kind === "file" && theirs.kind === "file") {
		return mergeFile(was?.kind === "file" ? was : null, ours, theirs, blobs);
	}
	if (ours.kind === "directory" && theirs.kind === "directory") {
		const mode = pick(was?.kind === "directory" ? was.mode : null, ours.mode, theirs.mode);
		return mode === null ? conflict("mode") : { kind: "merged", node: { kind: "directory", mode } };
	}
	return conflict(ours.kind === theirs.kind ? "symlink" : "type");
}

function mergeFile(was: FileNode | null, ours: FileNode, theirs: FileNode, blobs: Blobs): NodeMerge {
	const mode = pick(was?.mode ?? null, ours.mode, theirs.mode);
	const content = pick(was?.content ?? null, ours.content, theirs.content);
	if (content === null && was === null) return conflict("add-add");
	if (mode === null) return conflict("mode");
	if (content !== null) {
		return { kind: "merged", node: { ...(content === ours.content ? ours : theirs), mode } };
	}
	const sides = [was as FileNode, ours, theirs] as const;
	if (sides.some(({ size }) => size > mergeFileBytesMax)) return conflict("too-large");
	const [baseBytes, oursBytes, theirsBytes] = [
		blobs.read(sides[0].content),
		blobs.read(sides[1].content),
		blobs.read(sides[2].content),
	];
	const merge = mergeText({ base: baseBytes, ours: oursBytes, theirs: theirsBytes });
	if (merge.kind !== "clean") return conflict(merge.kind === "conflict" ? "content" : merge.kind);
	return {
		kind: "merged",
		node: { kind: "file", mode, size: merge.bytes.length, content: blobs.write(merge.bytes) },
	};
}

/** The three-way rule for a single value: whichever side changed it; null where both did, differently. */
function pick<Value>(was: Value | null, ours: Value, theirs: Value): Value | null {
	if (ours === theirs || theirs === was) return ours;
	return ours === was ? theirs : null;
}

function conflict(kind: MergeConflictKind): NodeMerge {
	return { kind: "conflict", conflict: kind };
}
