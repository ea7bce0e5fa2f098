import { Buffer } from "node:buffer";
import {
	ancestorsOf,
	type Blobs,
	createMemoryTree,
	type MemoryTree,
	type TreeNode,
	type TreePath,
	treePath,
} from "@retake/changeset";
import { below, pick, type Random } from "./random.ts";

export type Leaves = Map<TreePath, TreeNode>;

const names = ["a", "b", "a b", "d", "ü", "x.txt", "tab\there", 'q"uote', "\udcff", "back\\slash", "a-b", "new\nline"];

export function randomPath(random: Random): TreePath {
	const depth = 1 + below(random, 3);
	return treePath(Array.from({ length: depth }, () => pick(random, names)).join("/"));
}

export function file(blobs: Blobs, content: string | Uint8Array, mode = 0o644): TreeNode {
	const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
	return { kind: "file", mode, size: bytes.length, content: blobs.write(bytes) };
}

export function randomText(random: Random): string {
	const lines = Array.from(
		{ length: below(random, 40) },
		() => `line ${below(random, 12)}${pick(random, ["", "", "\r", " é"])}`,
	);
	if (lines.length === 0) return "";
	return `${lines.join("\n")}${random() < 0.8 ? "\n" : ""}`;
}

export function editText(random: Random, text: string): string {
	const lines = text.split("\n");
	for (let edits = 1 + below(random, 4); edits > 0; edits--) {
		const place = below(random, lines.length + 1);
		lines.splice(
			place,
			below(random, 3),
			...Array.from({ length: below(random, 3) }, () => `new ${below(random, 99)}`),
		);
	}
	const edited = lines.join("\n");
	return random() < 0.1 ? edited.replace(/\n$/, "") : edited;
}

function randomLeaf(random: Random, blobs: Blobs): TreeNode {
	const kind = random();
	if (kind < 0.12) return { kind: "symlink", target: pick(random, ["/etc/passwd", "../up", "a", "two\nlines", "é"]) };
	const mode = random() < 0.2 ? 0o755 : 0o644;
	if (kind < 0.25) {
		const bytes = Buffer.from(Array.from({ length: below(random, 400) }, () => below(random, 256)));
		return file(blobs, Buffer.concat([Buffer.of(0), bytes]), mode);
	}
	return file(blobs, randomText(random), mode);
}

/** Puts a leaf where nothing is in its way. */
function place(leaves: Leaves, path: TreePath, node: TreeNode): void {
	const blocked = [...ancestorsOf(path)].some((ancestor) => leaves.has(ancestor));
	const isDirectory = [...leaves.keys()].some((other) => other.startsWith(`${path}/`));
	if (!blocked && !isDirectory) leaves.set(path, node);
}

export function randomLeaves(random: Random, blobs: Blobs): Leaves {
	const leaves: Leaves = new Map();
	for (let count = 2 + below(random, 8); count > 0; count--)
		place(leaves, randomPath(random), randomLeaf(random, blobs));
	return leaves;
}

export function mutated(random: Random, blobs: Blobs, leaves: Leaves): Leaves {
	const result: Leaves = new Map(leaves);
	for (const [path, node] of leaves) {
		const choice = random();
		if (choice < 0.15) result.delete(path);
		else if (choice < 0.25) result.set(path, randomLeaf(random, blobs));
		else if (choice < 0.35 && node.kind === "file") result.set(path, { ...node, mode: node.mode ^ 0o111 });
		else if (choice < 0.7 && node.kind === "file") {
			const bytes = Buffer.from(blobs.read(node.content));
			const edited = bytes.includes(0)
				? Buffer.concat([bytes, Buffer.of(below(random, 256))])
				: Buffer.from(editText(random, bytes.toString("utf8")), "utf8");
			result.set(path, file(blobs, edited, node.mode));
		} else if (choice < 0.78) {
			result.delete(path);
			place(result, randomPath(random), node);
		}
	}
	for (let count = below(random, 3); count > 0; count--) place(result, randomPath(random), randomLeaf(random, blobs));
	return result;
}

/** Makes a tree of leaves and the directories that hold them. */
export function treeOf(leaves: Leaves, blobs: Blobs): MemoryTree {
	const nodes = new Map<TreePath, TreeNode>();
	for (const [path, node] of leaves) {
		nodes.set(path, node);
		for (const ancestor of ancestorsOf(path)) nodes.set(ancestor, { kind: "directory", mode: 0o755 });
	}
	return createMemoryTree(
		Array.from(nodes, ([path, node]) => ({ path, node })),
		blobs,
	);
}

/** A tree as plain data, for comparison. */
export function contentsOf(tree: MemoryTree): Record<string, TreeNode> {
	return Object.fromEntries([...tree.nodes].sort(([left], [right]) => (left < right ? -1 : 1)));
}
