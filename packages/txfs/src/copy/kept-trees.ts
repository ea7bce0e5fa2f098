import { type BigIntStats, readlinkSync } from "node:fs";
import { baseName, parentOf, rawTextFromBytes, type TreePath } from "@retake/changeset";
import type { NameBytes } from "@retake/linux";
import { fileChunks } from "../disk/file-chunks.ts";
import { writeChunks } from "../disk/write-chunks.ts";
import type { FrozenLayer } from "../transaction/tree-state.ts";
import { toNameBytes } from "../tree/name-bytes.ts";
import type { ProtectedReason } from "../tree/refusal.ts";
import type { PlainDirectory } from "./plain-directory.ts";
import { PlainTree } from "./plain-tree.ts";
import type { ProtectedTrees } from "./protected-trees.ts";
import { TreeRoom } from "./tree-room.ts";
import { walkPlainTree } from "./walk-plain-tree.ts";

/** What no changeset takes but a later command still expects to find: the protected trees as a step left them, copied out of its tree. */
export class KeptTrees implements FrozenLayer {
	readonly #room: TreeRoom;
	/** The protected names, and why each is. */
	readonly tops: ReadonlyMap<TreePath, ProtectedReason>;

	/** Copies protected names, with all beneath them, out of a tree. */
	constructor(space: string, from: PlainTree, trees: ProtectedTrees) {
		this.#room = new TreeRoom(space, null);
		this.tops = new Map([...trees].map(([path, { reason }]) => [path, reason]));
		try {
			using into = new PlainTree(this.#room, null);
			for (const path of this.tops.keys()) copyPlainTree(from, path, into);
		} catch (error) {
			this.drop();
			throw error;
		}
	}

	/** Copies everything back into a tree. */
	putInto(tree: PlainTree): void {
		using from = new PlainTree(this.#room, null);
		for (const path of this.tops.keys()) copyPlainTree(from, path, tree);
	}

	drop(): void {
		this.#room.remove();
	}
}

/** Copies files, directories and links; fifos, sockets and devices stay behind. */
function copyPlainTree(from: PlainTree, top: TreePath, into: PlainTree): void {
	const copy = (path: TreePath, status: BigIntStats, parent: PlainDirectory, name: NameBytes): void => {
		if (status.isDirectory()) into.makeDirectory(path, from.modeOf(path, status) & 0o777);
		else if (status.isSymbolicLink())
			into.makeSymlink(path, rawTextFromBytes(readlinkSync(parent.at(name), { encoding: "buffer" })));
		else if (status.isFile()) {
			using file = parent.openFile(name);
			into.writeFile(path, Number(status.mode & 0o777n), (descriptor) =>
				writeChunks(descriptor, fileChunks(file.descriptor, Number(status.size))),
			);
		}
	};
	const parent = from.directory(parentOf(top));
	const name = toNameBytes(baseName(top));
	const status = parent.statusOf(name);
	if (status === null) return;
	copy(top, status, parent, name);
	if (!status.isDirectory()) return;
	for (const place of walkPlainTree(from, top)) copy(place.path, place.status, place.parent, place.name);
}
