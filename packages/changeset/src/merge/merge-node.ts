import type { BlobId } from "@retake/base";
import type { Blobs } from "../blobs.ts";
import type { FileNode, TreeNode } from "../tree-node.ts";
import type { MergeConflictKind } from "./merge-conflict.ts";
import { mergeFileBytesMax, mergeText } from "./merge-text.ts";

/** What changes of one path come to. */
export type NodeMerge =
	| { readonly kind: "merged"; readonly node: TreeNode | null }
	| { readonly kind: "conflict"; readonly conflict: MergeConflictKind };

/**
 * Merges what sides made of one path, those that changed it, in any order. Mode, kind and content are merged apart, and what is
 * alike never conflicts. Merged texts are written to `blobs`.
 */
export function mergeNodes(was: TreeNode | null, sides: readonly (TreeNode | null)[], blobs: Blobs): NodeMerge {
	const present = sides.filter((side) => side !== null);
	if (present.length === 0) return { kind: "merged", node: null };
	if (present.length < sides.length) return conflict("delete-edit");
	const [files, links, directories] = [
		present.filter((side) => side.kind === "file"),
		present.filter((side) => side.kind === "symlink"),
		present.filter((side) => side.kind === "directory"),
	];
	if (files.length === present.length) return mergeFiles(was?.kind === "file" ? was : null, files, blobs);
	if (directories.length === present.length) {
		const mode = pick(
			was?.kind === "directory" ? was.mode : null,
			directories.map((side) => side.mode),
		);
		return mode === undefined ? conflict("mode") : { kind: "merged", node: { kind: "directory", mode } };
	}
	if (links.length < present.length) return conflict("type");
	const target = pick(
		was?.kind === "symlink" ? was.target : null,
		links.map((side) => side.target),
	);
	return target === undefined ? conflict("symlink") : { kind: "merged", node: { kind: "symlink", target } };
}

function mergeFiles(was: FileNode | null, sides: readonly FileNode[], blobs: Blobs): NodeMerge {
	const mode = pick(
		was?.mode ?? null,
		sides.map((side) => side.mode),
	);
	const content = pick(
		was?.content ?? null,
		sides.map((side) => side.content),
	);
	if (content === undefined && was === null) return conflict("add-add");
	if (mode === undefined) return conflict("mode");
	const same = [was, ...sides].find((side) => side?.content === content);
	if (same !== undefined && same !== null) return { kind: "merged", node: { ...same, mode } };
	return mergeContents(was as FileNode, sides, mode, blobs);
}

function mergeContents(was: FileNode, sides: readonly FileNode[], mode: number, blobs: Blobs): NodeMerge {
	if ([was, ...sides].some(({ size }) => size > mergeFileBytesMax)) return conflict("too-large");
	const edited = new Set<BlobId>(sides.map((side) => side.content));
	edited.delete(was.content);
	const merge = mergeText(
		blobs.read(was.content),
		Array.from(edited, (id) => blobs.read(id)),
	);
	if (merge.kind !== "clean") return conflict(merge.kind === "conflict" ? "content" : merge.kind);
	const { bytes } = merge;
	return { kind: "merged", node: { kind: "file", mode, size: bytes.length, content: blobs.write(bytes) } };
}

/** The three-way rule for a single value: what the sides that changed it agree on; undefined where they do not. */
function pick<Value>(was: Value | null, sides: readonly Value[]): Value | undefined {
	const changed = new Set(sides.filter((side) => side !== was));
	if (changed.size > 1) return undefined;
	const [only] = changed;
	return only ?? was ?? undefined;
}

function conflict(kind: MergeConflictKind): NodeMerge {
	return { kind: "conflict", conflict: kind };
}
