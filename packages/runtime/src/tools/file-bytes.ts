import { RetakeError } from "@retake/base";
import type { FileNode, TreePath, TreeReader } from "@retake/changeset";

/** Most bytes of one file that a tool holds in memory. */
export const toolFileBytesMax = 16 * 1024 ** 2;

/** Returns the regular file at a path. Throws `FILE_NOT_FOUND`, or `TOOL_FAILED` for a directory or a link. */
export function requireFile(tree: TreeReader, path: TreePath): FileNode {
	const node = tree.lookup(path);
	if (node === null) throw new RetakeError("FILE_NOT_FOUND", `no file at ${path}`, { data: { path } });
	if (node.kind !== "file") {
		throw new RetakeError("TOOL_FAILED", `${path} is a ${node.kind}, not a file`, { data: { path, kind: node.kind } });
	}
	return node;
}

/** Reads a whole file. Throws `LIMIT_EXCEEDED` above `toolFileBytesMax`, and what `requireFile` throws. */
export function fileBytes(tree: TreeReader, path: TreePath): { readonly node: FileNode; readonly bytes: Buffer } {
	const node = requireFile(tree, path);
	if (node.size > toolFileBytesMax) {
		throw new RetakeError(
			"LIMIT_EXCEEDED",
			`${path} has ${node.size} bytes; a tool reads at most ${toolFileBytesMax}`,
			{
				data: { path, size: node.size, limit: toolFileBytesMax },
				remedy: "read a part of it with read_file's offset and limit, or use exec",
			},
		);
	}
	return { node, bytes: Buffer.concat([...tree.chunks(path)]) };
}
