import type { AttributedChanges, BlobReader, TreePath } from "@retake/changeset";
import type { TreeOwner } from "../layer-space.ts";
import type { Snapshot } from "../snapshot.ts";
import { applyToLayer } from "../tree/apply-to-layer.ts";
import { childPath } from "../tree/name-bytes.ts";
import { refusalOf } from "../tree/refusal.ts";
import type { LayerDirectory } from "./layer-directories.ts";
import { LayerStack } from "./layer-stack.ts";
import { LayerWriter } from "./layer-writer.ts";

/**
 * Fills one layer with what several amount to over `below`: `changes`, and what no changeset takes but a later command still
 * expects to find, such as a git directory of the candidate's own.
 */
export function foldLayers(
	changes: AttributedChanges,
	layers: readonly LayerDirectory[],
	below: Snapshot,
	into: LayerDirectory,
	options: { readonly blobs: BlobReader; readonly owner: TreeOwner | null },
): void {
	using writer = new LayerWriter({
		directory: into.directory,
		below,
		attributesBelow: new LayerStack(below.layers),
		owner: options.owner,
	});
	applyToLayer(writer, changes, below, options.blobs);
	copyUncaptured(new LayerStack(layers.map(({ directory }) => directory)), writer);
}

function copyUncaptured(layers: LayerStack, writer: LayerWriter): void {
	const pending: { readonly path: TreePath | null; readonly isUncaptured: boolean }[] = [
		{ path: null, isUncaptured: false },
	];
	for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
		for (const { name, kind } of layers.entries(next.path)) {
			const path = childPath(next.path, name);
			const isUncaptured = next.isUncaptured || refusalOf(next.path, name) !== null;
			if (isUncaptured) copyNode(layers, path, writer);
			if (kind === "directory") pending.push({ path, isUncaptured });
		}
	}
}

function copyNode(layers: LayerStack, path: TreePath, writer: LayerWriter): void {
	const node = layers.lookup(path);
	if (node !== null) writer.put(path, node, () => layers.chunks(path), layers.attributesAt(path) ?? undefined);
}
