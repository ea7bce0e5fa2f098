import type { TreeNode } from "@retake/changeset";
import type { Store } from "@retake/store";
import { formatBytes } from "../../terminal/format.ts";
import { textOfBytes } from "../../terminal/text-of-bytes.ts";
import { type DetailLimits, type RowDetail, textDetail } from "./row-details.ts";
import type { TreePathDifference } from "./tree-difference.ts";

/** Shows a path in which two trees differ: what is there in each, and the lines in which texts differ. */
export function treeDetail({ path, a, b, when }: TreePathDifference, store: Store, limits: DetailLimits): RowDetail {
	const note = `${whenWords[when]}: a ${nodeWords(a)}, b ${nodeWords(b)}`;
	const [was, now] = [textOfNode(a, store, limits), textOfNode(b, store, limits)];
	if (was === null || now === null) return { name: path, note, hunks: [], leftOut: 0 };
	return textDetail({ name: path, note, was, now }, limits);
}

/** When two trees came to differ in a path. */
export const whenWords: Readonly<Record<TreePathDifference["when"], string>> = {
	before: "differed before",
	"by the call": "differs by this call",
};

/** Says what is at a path. */
export function nodeWords(node: TreeNode | null): string {
	if (node === null) return "nothing";
	return node.kind === "file" ? `${formatBytes(node.size)}, mode ${node.mode.toString(8)}` : node.kind;
}

/** Returns what can be compared by lines; null for what is no text, or too large. */
function textOfNode(node: TreeNode | null, store: Store, { textBytes }: DetailLimits): string | null {
	if (node === null || node.kind === "directory") return "";
	if (node.kind === "symlink") return `-> ${node.target}`;
	if (node.size > textBytes || !store.blobs.has(node.content)) return null;
	const bytes = store.blobs.read(node.content);
	return bytes.includes(0) ? null : textOfBytes(bytes);
}
