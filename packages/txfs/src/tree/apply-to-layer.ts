import {
	type AttributedChanges,
	attributesAt,
	type BlobReader,
	type Change,
	type TreePath,
	type TreeReader,
} from "@retake/changeset";
import { linkLeaders } from "../attributes/link-leaders.ts";
import { isBeneath } from "./name-bytes.ts";
import type { NodeWriter } from "./node-writer.ts";

/**
 * Puts into a layer what a changeset says now is at each path, with the attributes beside it; file contents come from the blob store.
 * A path that has attributes and no change is copied up from `below`, the tree under the layer, with them.
 */
export function applyToLayer(
	writer: NodeWriter,
	{ changeset, attributes }: AttributedChanges,
	below: TreeReader,
	blobs: BlobReader,
): void {
	const changes = new Map<TreePath, Change>(changeset.changes.map((change) => [change.path, change]));
	const nodeAt = (path: TreePath): Change["now"] => {
		const change = changes.get(path);
		return change === undefined ? below.lookup(path) : change.now;
	};
	const put = (path: TreePath): void => {
		const node = nodeAt(path);
		if (node === null) return;
		const isChanged = changes.has(path) && node.kind === "file";
		const contents = (): Iterable<Uint8Array> => (isChanged ? blobs.chunks(node.content) : below.chunks(path));
		writer.put(path, node, contents, attributesAt(attributes, path) ?? undefined);
	};
	const leaders = linkLeaders(attributes, nodeAt);
	const gone: TreePath[] = [];
	for (const { path, now } of changeset.changes) {
		if (now !== null && !leaders.has(path)) put(path);
		if (now !== null || isBeneath(path, gone.at(-1))) continue;
		gone.push(path);
		writer.remove(path);
	}
	for (const entry of attributes.entries) {
		if (!changes.has(entry.path) && !leaders.has(entry.path)) writer.setAttributes(entry.path, entry);
	}
	for (const [path, leader] of leaders) writer.makeLink(path, leader);
}
