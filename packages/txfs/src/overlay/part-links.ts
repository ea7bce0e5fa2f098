import type { TreeOwner } from "../layer-space.ts";
import type { Snapshot } from "../snapshot.ts";
import { emptyTree } from "../tree/empty-tree.ts";
import { readableMode } from "../tree/readable-mode.ts";
import { tooMuch } from "../tree/refused-tree.ts";
import { LayerWriter } from "./layer-writer.ts";
import { type SharedName, sharedNames } from "./shared-names.ts";

/** How names are taken apart. */
export interface PartOptions {
	readonly owner: TreeOwner | null;
	/** How long the copies may be together. */
	readonly bytesMax: number;
}

/**
 * Gives each name in a layer at rest a file or link of its own, with the same attributes. Throws `TREE_REFUSED` before
 * anything is written where the copies would be longer than `bytesMax`, and `DISK_FULL`.
 */
export function partLinks(layer: string, { owner, bytesMax }: PartOptions): void {
	const names = sharedNames(layer);
	if (names.length === 0) return;
	assertFit(names, bytesMax);
	using writer = new LayerWriter({ directory: layer, below: emptyTree, owner, keepsTimes: true });
	for (const { path } of names) writer.makeCopy(path, path);
}

/**
 * Puts copies into an empty layer over a snapshot, so that whoever reads both sees no two names of one file. Throws as
 * `partLinks` does.
 */
export function partLinksOver(snapshot: Snapshot, layer: string, { owner, bytesMax }: PartOptions): void {
	const names = snapshot.sharedNames().flatMap((name) => {
		// An upper layer of the snapshot may have put something else there, or taken it away.
		const node = snapshot.lookup(name.path);
		return node === null || node.kind === "directory" ? [] : [{ ...name, node }];
	});
	assertFit(names, bytesMax);
	using writer = new LayerWriter({
		directory: layer,
		below: snapshot,
		attributesBelow: snapshot,
		owner,
		modeOnDisk: readableMode,
		keepsTimes: true,
	});
	for (const { path, node } of names)
		writer.put(path, node, () => snapshot.chunks(path), snapshot.attributesAt(path) ?? undefined);
}

function assertFit(names: readonly SharedName[], bytesMax: number): void {
	let bytes = 0;
	for (const { path, size } of names) {
		bytes += size;
		if (bytes > bytesMax) throw tooMuch(path, bytesMax);
	}
}
