import { Buffer } from "node:buffer";
import { RetakeError } from "@retake/base";
import { printablePath } from "../path/printable-path.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeReader } from "../tree-reader.ts";

/** Reads a whole file of a tree. Throws `FILE_NOT_FOUND`, and `LIMIT_EXCEEDED` for more than `bytesMax` bytes. */
export function readFile(tree: TreeReader, path: TreePath, bytesMax: number): Uint8Array {
	const parts: Uint8Array[] = [];
	let size = 0;
	for (const part of tree.chunks(path)) {
		size += part.length;
		if (size > bytesMax) {
			throw new RetakeError("LIMIT_EXCEEDED", `"${printablePath(path)}" is larger than ${bytesMax} bytes`, {
				data: { limit: "bytesMax", maximum: bytesMax, path },
			});
		}
		parts.push(part);
	}
	const [only] = parts;
	return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, size);
}
