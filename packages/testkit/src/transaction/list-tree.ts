import { sha256 } from "@retake/base";
import { type Changeset, type TreeNode, type TreeReader, walkTree } from "@retake/changeset";
import type { TreeListing } from "./list-directory.ts";

/** Lists a tree as `DirectoryOracle` does, through its reader's three methods. Throws where they contradict each other. */
export function listTree(tree: TreeReader): TreeListing {
	const lines = new Map<string, string>();
	for (const { path, node } of walkTree(tree)) {
		if (node.kind !== "file") {
			lines.set(path, describeNode(node));
			continue;
		}
		const bytes = Buffer.concat([...tree.chunks(path)]);
		if (sha256(bytes) !== node.content || bytes.length !== node.size)
			throw new Error(`${path}: lookup and chunks differ`);
		lines.set(path, `file ${node.mode.toString(8)} ${bytes.toString("latin1")}`);
	}
	return lines;
}

/** Writes out a changeset, one line a path: what was there and what is, files by hash. */
export function listChangeset(changeset: Changeset): readonly string[] {
	return changeset.changes.map(({ path, was, now }) => `${path}: ${describe(was)} > ${describe(now)}`);
}

/** Writes out, as `listChangeset` does, what leads from one listing to another. */
export function listDifference(before: TreeListing, after: TreeListing): readonly string[] {
	const paths = [...new Set([...before.keys(), ...after.keys()])].filter(
		(path) => before.get(path) !== after.get(path),
	);
	paths.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
	return paths.map((path) => `${path}: ${hashed(before.get(path))} > ${hashed(after.get(path))}`);
}

function describe(node: TreeNode | null): string {
	if (node === null) return "nothing";
	return node.kind === "file" ? `file ${node.mode.toString(8)} ${node.content}` : describeNode(node);
}

function describeNode(node: Exclude<TreeNode, { kind: "file" }>): string {
	return node.kind === "symlink" ? `symlink ${node.target}` : `directory ${node.mode.toString(8)}`;
}

function hashed(line: string | undefined): string {
	if (line === undefined) return "nothing";
	const [, mode, text] = /^file (\d+) (.*)$/s.exec(line) ?? [];
	return text === undefined ? line : `file ${mode} ${sha256(Buffer.from(text, "latin1"))}`;
}
