import { RetakeError } from "@retake/base";
import type { TreePath } from "@retake/changeset";

/** The longest path that is captured, in UTF-16 units; the kernel bounds a path in one call alone, not a tree's depth. */
export const pathLengthMax = 65_536;

/** Makes the error for what a changeset cannot hold. */
export function holdsForeign(paths: readonly TreePath[]): RetakeError {
	return new RetakeError("TREE_REFUSED", `the tree holds fifos, sockets or devices: ${paths.slice(0, 10).join(", ")}`, {
		data: { paths },
		remedy: "remove them: a changeset holds files, directories and symbolic links alone",
	});
}

/** Makes the error for files that together are longer than the limit `logicalBytes`. */
export function tooMuch(path: TreePath, bytesMax: number): RetakeError {
	return new RetakeError("TREE_REFUSED", `up to ${path} the files are longer than the ${bytesMax} bytes that fit`, {
		data: { limit: "logicalBytes", maximum: bytesMax, paths: [path] },
		remedy: "leave no sparse giants and no crowds of hard links, or raise logicalBytes",
	});
}

/** Makes the error for a path above `pathLengthMax`. */
export function tooLong(path: TreePath): RetakeError {
	return new RetakeError("TREE_REFUSED", `a path is longer than ${pathLengthMax}: ${path.slice(0, 80)}…`, {
		data: { paths: [path], pathLengthMax },
		remedy: "remove the deep directories",
	});
}
