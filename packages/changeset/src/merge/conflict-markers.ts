import { Buffer } from "node:buffer";
import type { BlobReader } from "../blobs.ts";
import { bytesOf, type Line } from "../text/lines.ts";
import type { TreeNode } from "../tree-node.ts";
import type { MergeConflict } from "./merge-conflict.ts";
import { type MergeRegion, mergeFileBytesMax, mergeText } from "./merge-text.ts";

/**
 * Splits a conflict between texts into stretches on which all agree and those on which they do not, with what the base and each side
 * have there. Returns null where the conflict is not between texts. Throws `BLOB_NOT_FOUND`.
 */
export function conflictRegions(conflict: MergeConflict, blobs: BlobReader): readonly MergeRegion[] | null {
	if (conflict.kind !== "content" && conflict.kind !== "add-add") return null;
	const base = read(conflict.was, blobs);
	const sides = conflict.sides.flatMap((side) => read(side, blobs) ?? []);
	if (base === null || sides.length < conflict.sides.length) return null;
	const merge = mergeText(base, sides);
	return merge.kind === "conflict" ? merge.regions : null;
}

/**
 * Writes out a conflict between texts with diff3-style markers: the first side, the base, the other sides that differ. Without
 * `labels` two sides are called ours and theirs, more of them by their numbers. Returns null where the conflict is not between
 * texts. Throws `BLOB_NOT_FOUND`.
 */
export function conflictMarkers(
	conflict: MergeConflict,
	blobs: BlobReader,
	labels: readonly string[] = conflict.sides.length === 2
		? ["ours", "theirs"]
		: conflict.sides.map((_, index) => `side ${index + 1}`),
): Uint8Array | null {
	const regions = conflictRegions(conflict, blobs);
	return regions === null
		? null
		: bytesOf(regions.flatMap((region) => (region.kind === "agreed" ? region.lines : marked(region, labels))));
}

function marked(region: MergeRegion & { readonly kind: "conflict" }, labels: readonly string[]): Line[] {
	const base = region.base.join("");
	const versions = new Map<string, { readonly lines: readonly Line[]; readonly label: string }>();
	for (const [index, lines] of region.sides.entries()) {
		const text = lines.join("");
		// Labels are text of the caller's; lines are bytes.
		const label = Buffer.from(labels[index] ?? "").toString("latin1");
		if (text !== base && !versions.has(text)) versions.set(text, { lines, label });
	}
	const [first, ...others] = versions.values();
	const last = others.at(-1);
	if (first === undefined || last === undefined) return [];
	return [
		`<<<<<<< ${first.label}\n`,
		...ended(first.lines),
		"||||||| base\n",
		...ended(region.base),
		...others.flatMap((version) => [
			version === last ? "=======\n" : `======= ${version.label}\n`,
			...ended(version.lines),
		]),
		`>>>>>>> ${last.label}\n`,
	];
}

function read(node: TreeNode | null, blobs: BlobReader): Uint8Array | null {
	if (node === null) return Buffer.alloc(0);
	return node.kind === "file" && node.size <= mergeFileBytesMax ? blobs.read(node.content) : null;
}

// A marker must stand on a line of its own.
function ended(lines: readonly Line[]): readonly Line[] {
	return lines.map((line) => (line.endsWith("\n") ? line : `${line}\n`));
}
