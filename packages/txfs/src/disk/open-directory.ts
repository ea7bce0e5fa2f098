import { constants } from "node:fs";
import type { TreePath } from "@retake/changeset";
import { O_PATH, OpenDescriptor, openBeneath } from "@retake/linux";
import { toNameBytes } from "../tree/name-bytes.ts";

// The kernel takes no path above PATH_MAX (4096 with its ending zero); a longer one is walked in pieces.
const pieceCharactersMax = 1_000;

/**
 * Opens a directory of a tree as a place (`O_PATH`), passing no symbolic link, however long the path; null means the tree's
 * own root. Throws `SystemCallError`: `ENOENT`, `ENOTDIR`, `ELOOP`.
 */
export function openDirectory(root: number, path: TreePath | null): OpenDescriptor {
	const flags = O_PATH | constants.O_DIRECTORY;
	if (path === null) return new OpenDescriptor(openBeneath(root, ".", flags));
	if (path.length <= pieceCharactersMax) return new OpenDescriptor(openBeneath(root, toNameBytes(path), flags));
	let opened: OpenDescriptor | null = null;
	for (const piece of piecesOf(path)) {
		using previous = opened;
		opened = new OpenDescriptor(openBeneath(previous?.descriptor ?? root, toNameBytes(piece), flags));
	}
	return opened ?? new OpenDescriptor(openBeneath(root, ".", flags));
}

function* piecesOf(path: string): Generator<string> {
	let start = 0;
	while (path.length - start > pieceCharactersMax) {
		const within = path.lastIndexOf("/", start + pieceCharactersMax);
		const end = within > start ? within : path.indexOf("/", start + pieceCharactersMax);
		if (end === -1) break;
		yield path.slice(start, end);
		start = end + 1;
	}
	yield path.slice(start);
}
