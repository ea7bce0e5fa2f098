/** The smallest thing that can be done to a tree. */
export type TreeWrite =
	| { readonly kind: "file"; readonly path: string; readonly text: string; readonly mode: number }
	| { readonly kind: "symlink"; readonly path: string; readonly target: string }
	| { readonly kind: "directory"; readonly path: string; readonly mode: number }
	| { readonly kind: "remove"; readonly path: string };

/** Something that people do to a tree, by its name. */
export interface TreeOperation {
	readonly name: string;
	readonly writes: readonly TreeWrite[];
}

const file = (path: string, text: string, mode = 0o644): TreeWrite => ({ kind: "file", path, text, mode });
const directory = (path: string, mode = 0o755): TreeWrite => ({ kind: "directory", path, mode });
const symlink = (path: string, target: string): TreeWrite => ({ kind: "symlink", path, target });
const remove = (path: string): TreeWrite => ({ kind: "remove", path });
const operation = (name: string, ...writes: TreeWrite[]): TreeOperation => ({ name, writes });

/** What the operations start from: every kind of node, nested and empty directories, and a link that must not be followed. */
export const operationsBase: readonly TreeWrite[] = [
	file("a", "alpha"),
	file("d/f", "inner"),
	file("d/e/g", "deep", 0o755),
	directory("d/z"),
	directory("empty"),
	symlink("l", "d"),
];

/** Operations of which every pair is tried: together they meet each kind of node with each way of changing it. */
export const treeOperations: readonly TreeOperation[] = [
	operation("create a file", file("new", "fresh")),
	operation("create a file in new directories", file("n1/n2/n3", "nested")),
	operation("overwrite a file", file("a", "altered")),
	operation("write the same again", file("a", "alpha")),
	operation("overwrite a deep file", file("d/e/g", "altered", 0o755)),
	operation("change a file's mode", file("a", "alpha", 0o700)),
	operation("delete a file", remove("a")),
	operation("delete a deep file", remove("d/e/g")),
	operation("delete a directory", remove("d")),
	operation("delete an inner directory", remove("d/e")),
	operation("delete an empty directory", remove("empty")),
	operation("make a directory", directory("made")),
	operation("change a directory's mode", directory("d/e", 0o750)),
	operation("take a directory's rights to write", directory("d/e", 0o555)),
	operation("rename a file", remove("a"), file("b", "alpha")),
	operation("rename a directory", remove("d/e"), directory("moved"), file("moved/g", "deep", 0o755)),
	operation("file becomes directory", remove("a"), file("a/x", "inside")),
	operation("file becomes symlink", symlink("a", "d/f")),
	operation("directory becomes file", file("d", "flat")),
	operation("directory becomes symlink", symlink("d", "empty")),
	operation("inner directory becomes file", file("d/e", "flat")),
	operation("directory is emptied", remove("d"), directory("d")),
	operation("directory is replaced", remove("d"), file("d/other", "other")),
	operation("symlink becomes file", file("l", "was a link")),
	operation("symlink becomes directory", remove("l"), file("l/f", "not through the link")),
	operation("symlink points elsewhere", symlink("l", "../../outside")),
	operation("delete a symlink", remove("l")),
	operation("write beneath a symlink", file("l/f", "must not pass the link")),
	operation("fill an empty directory", file("empty/x", "x"), file("empty/y/z", "z")),
];
