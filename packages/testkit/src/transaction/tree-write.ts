/**
 * The smallest thing that can be done to a tree. The first four are how a tool writes: parents are made, and what is in the
 * way goes. The others are what programs do, which may fail.
 */
export type TreeWrite =
	| { readonly kind: "file"; readonly path: string; readonly text: string; readonly mode: number }
	| { readonly kind: "symlink"; readonly path: string; readonly target: string }
	| { readonly kind: "directory"; readonly path: string; readonly mode: number }
	| { readonly kind: "remove"; readonly path: string }
	| ProgramWrite;

/** What a program does to names that are there. */
export type ProgramWrite =
	| { readonly kind: "append"; readonly path: string; readonly text: string }
	/** To a length in bytes. */
	| { readonly kind: "truncate"; readonly path: string; readonly size: number }
	| { readonly kind: "change-mode"; readonly path: string; readonly mode: number }
	| { readonly kind: "rename"; readonly path: string; readonly to: string }
	| { readonly kind: "link"; readonly path: string; readonly to: string }
	| { readonly kind: "remove-empty"; readonly path: string };

/** Something that people do to a tree, by its name. */
export interface TreeOperation {
	readonly name: string;
	readonly writes: readonly TreeWrite[];
}

const file = (path: string, text: string, mode = 0o644): TreeWrite => ({ kind: "file", path, text, mode });
const directory = (path: string, mode = 0o755): TreeWrite => ({ kind: "directory", path, mode });
const symlink = (path: string, target: string): TreeWrite => ({ kind: "symlink", path, target });
const remove = (path: string): TreeWrite => ({ kind: "remove", path });
const rename = (path: string, to: string): TreeWrite => ({ kind: "rename", path, to });
const changeMode = (path: string, mode: number): TreeWrite => ({ kind: "change-mode", path, mode });
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

/** Operations of which every pair and every triple is tried: together they meet each kind of node with each way of changing it. */
export const treeOperations: readonly TreeOperation[] = [
	operation("create a file in new directories", file("n1/n2/n3", "nested")),
	operation("fill an empty directory", file("empty/x", "x"), file("empty/y/z", "z")),
	operation("overwrite a file", file("a", "altered")),
	operation("write the same again", file("a", "alpha")),
	operation("append to a deep file", { kind: "append", path: "d/e/g", text: "er" }),
	operation("truncate a file", { kind: "truncate", path: "a", size: 2 }),
	operation("change a file's mode", changeMode("a", 0o700)),
	operation("change a directory's mode", changeMode("d/z", 0o750)),
	operation("take a directory's rights to write", changeMode("d/e", 0o555)),
	operation("delete a file", remove("a")),
	operation("delete a deep file", remove("d/e/g")),
	operation("delete a directory", remove("d")),
	operation("delete a file and make it again", remove("d/f"), file("d/f", "again")),
	operation("remove an empty directory", { kind: "remove-empty", path: "empty" }),
	operation("make a directory", directory("d/e/made")),
	operation("rename a file", rename("a", "b")),
	operation("rename a file over another", rename("d/f", "a")),
	operation("rename a directory", rename("d/e", "moved")),
	operation("rename a directory over an empty one", rename("d/e", "empty")),
	operation("rename a symlink", rename("l", "d/l")),
	operation("link a file hard", { kind: "link", path: "a", to: "d/hard" }),
	operation("file becomes directory", remove("a"), file("a/x", "inside")),
	operation("file becomes symlink", symlink("a", "d/f")),
	operation("directory becomes file", file("d", "flat")),
	operation("directory becomes symlink", symlink("d", "empty")),
	operation("directory is emptied", remove("d"), directory("d")),
	operation("inner directory is replaced", remove("d/e"), file("d/e/other", "other")),
	operation("symlink becomes directory", remove("l"), file("l/f", "not through the link")),
	operation("write beneath a symlink", file("l/f", "must not pass the link")),
];
