import { Buffer } from "node:buffer";
import type { BlobReader } from "../blobs.ts";
import { bytesOf, type Line } from "../text/lines.ts";
import type { TreeNode } from "../tree-node.ts";
import type { MergeConflict } from "./merge-conflict.ts";
import { mergeFileBytesMax, mergeText } from "./merge-text.ts";

/**
 * Writes out a conflict between two texts with diff3-style markers: ours, the base, theirs. Returns null where the conflict is
 * not between texts. Throws `BLOB_NOT_FOUND`.
 */
export function conflictMarkers(conflict: MergeConflict, blobs: BlobReader): Uint8Array | null {
	const { was, ours, theirs, kind } = conflict;
	if (kind !== "content" && kind !== "add-add") return null;
	const sides = { base: read(was, blobs), ours: read(ours, blobs), theirs: read(theirs, blobs) };
	if (sides.base === null || sides.ours === null || sides.theirs === null) return null;
	const merge = mergeText({ base: sides.base, ours: sides.ours, theirs: sides.theirs });
	if (merge.kind === "clean") return merge.bytes;
	if (merge.kind !== "conflict") return null;
	return bytesOf(
		merge.regions.flatMap((region) =>
			region.kind === "agreed"
				? region.lines
				: [
						"<<<<<<< ours\n",
						...ended(region.ours),
						"||||||| base\n",
						...ended(region.base),
						"=======\n",
						...ended(region.theirs),
						">>>>>>> theirs\n",
					],
		),
	);
}

function read(node: TreeNode | null, blobs: BlobReader): Uint8Array | null {
	if (node === null) return Buffer.alloc(0);
	return node.kind === "file" && node.size <= mergeFileBytesMax ? blobs.read(node.content) : null;
}

// A marker must stand on a line of its own.
function ended(lines: readonly Line[]): readonly Line[] {
	return lines.map((line) => (line.endsWith("\n") ? line : `${line}\n`));
}
