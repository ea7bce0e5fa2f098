import { execFileSync } from "node:child_process";
import {
	chmodSync,
	lstatSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Blobs, type Changeset, createChangeset, type TreeNode, type TreePath, treePath } from "@retake/changeset";

/** A small tree spelled out in a test: text of a file, `-> target` of a link, or null for a directory; a mode follows after `@`. */
export type PlantedTree = Readonly<Record<string, string | null>>;

/** Writes a tree into an empty directory. A key is a path, or `path@mode` with an octal mode; files are 644, directories 755. */
export function plantTree(root: string, tree: PlantedTree): void {
	// An ordinary user cannot fill a directory that is read-only already.
	const directoryModes: [path: string, mode: number][] = [];
	for (const [key, content] of Object.entries(tree)) {
		const { path, mode } = splitKey(key, content);
		const at = join(root, path);
		if (content === null) mkdirSync(at);
		else if (content.startsWith("-> ")) symlinkSync(content.slice(3), at);
		else writeFileSync(at, content);
		if (mode === null) continue;
		if (content === null) directoryModes.push([at, mode]);
		else chmodSync(at, mode);
	}
	for (const [at, mode] of directoryModes.toReversed()) chmodSync(at, mode);
}

/** Removes a directory with everything in it, read-only directories too, as an ordinary user must: made writable first. */
export function removePlantedTree(root: string): void {
	execFileSync("chmod", ["-R", "u+rwX", root]);
	rmSync(root, { recursive: true });
}

/** Reads a tree back in the form that `plantTree` takes, modes spelled out, without `.retake` and `.git` at its root. */
export function readPlantedTree(root: string, below = ""): Record<string, string | null> {
	const tree: Record<string, string | null> = {};
	for (const name of readdirSync(join(root, below)).toSorted()) {
		if (below === "" && (name === ".retake" || name === ".git")) continue;
		const path = below === "" ? name : `${below}/${name}`;
		const at = join(root, path);
		const status = lstatSync(at);
		const mode = (status.mode & 0o7777).toString(8);
		if (status.isSymbolicLink()) tree[path] = `-> ${readlinkSync(at)}`;
		else if (status.isDirectory()) Object.assign(tree, { [`${path}@${mode}`]: null }, readPlantedTree(root, path));
		else tree[`${path}@${mode}`] = readFileSync(at, "utf8");
	}
	return tree;
}

/** Spells a tree as `readPlantedTree` would, every mode written out. */
export function normalisePlantedTree(tree: PlantedTree): Record<string, string | null> {
	const entries = Object.entries(tree).map(([key, content]) => {
		const { path, mode } = splitKey(key, content);
		return [mode === null ? path : `${path}@${mode.toString(8)}`, content] as const;
	});
	return Object.fromEntries(entries);
}

/** Makes the changeset that turns one tree into another and keeps the contents of both. */
export function changesetBetween(before: PlantedTree, after: PlantedTree, blobs: Blobs): Changeset {
	const was = nodesOf(before, blobs);
	const now = nodesOf(after, blobs);
	const paths = new Set([...was.keys(), ...now.keys()]);
	return createChangeset(
		[...paths]
			.map((path) => ({ path, was: was.get(path) ?? null, now: now.get(path) ?? null }))
			.filter((change) => JSON.stringify(change.was) !== JSON.stringify(change.now)),
	);
}

function nodesOf(tree: PlantedTree, blobs: Blobs): Map<TreePath, TreeNode> {
	const nodes = new Map<TreePath, TreeNode>();
	for (const [key, content] of Object.entries(tree)) {
		const { path, mode } = splitKey(key, content);
		nodes.set(treePath(path), nodeOf(content, mode ?? 0, blobs));
	}
	return nodes;
}

function nodeOf(content: string | null, mode: number, blobs: Blobs): TreeNode {
	if (content === null) return { kind: "directory", mode };
	if (content.startsWith("-> ")) return { kind: "symlink", target: content.slice(3) };
	const bytes = Buffer.from(content);
	return { kind: "file", mode, size: bytes.length, content: blobs.write(bytes) };
}

function splitKey(key: string, content: string | null): { path: string; mode: number | null } {
	const [path = "", mode] = key.split("@");
	if (content?.startsWith("-> ")) return { path, mode: null };
	return { path, mode: mode === undefined ? (content === null ? 0o755 : 0o644) : Number.parseInt(mode, 8) };
}
