import { Buffer } from "node:buffer";
import { type Blobs, createMemoryTree, type TreeNode, type TreePath, type TreeReader } from "@retake/changeset";
import type { TreeListing } from "./list-directory.ts";

/** Makes a tree in memory of what a listing tells, and keeps its contents in a blob store. */
export function treeOfListing(listing: TreeListing, blobs: Blobs): TreeReader {
	const places = Array.from(listing, ([path, line]) => ({ path: path as TreePath, node: nodeOfLine(line, blobs) }));
	return createMemoryTree(places, blobs);
}

/** Reads the node that a line of a listing tells of. */
export function nodeOfLine(line: string, blobs: Blobs): TreeNode {
	const [, kind, rest = ""] = /^(file|symlink|directory) (.*)$/s.exec(line) ?? [];
	if (kind === "symlink") return { kind, target: rest };
	if (kind === "directory") return { kind, mode: Number.parseInt(rest, 8) };
	const [, mode, text] = /^(\d+) (.*)$/s.exec(rest) ?? [];
	if (kind !== "file" || mode === undefined || text === undefined) throw new Error(`no node: ${line}`);
	const bytes = Buffer.from(text, "latin1");
	return { kind, mode: Number.parseInt(mode, 8), size: bytes.length, content: blobs.write(bytes) };
}
