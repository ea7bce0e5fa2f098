import type { BlobId } from "@retake/base";
import type { Changeset } from "../changeset.ts";
import type { TreePath } from "../tree-path.ts";

/**
 * Finds the files that a changeset moves as they are: one path goes, one comes, and both, and no other of their kind, hold the very
 * same bytes. Returns where each went. Of empty files nobody can tell, so they do not move.
 */
export function exactRenames({ changes }: Changeset): ReadonlyMap<TreePath, TreePath> {
	const gone = new Map<BlobId, TreePath[]>();
	const come = new Map<BlobId, TreePath[]>();
	for (const { path, was, now } of changes) {
		if (was?.kind === "file" && now === null && was.size > 0) add(gone, was.content, path);
		if (was === null && now?.kind === "file") add(come, now.content, path);
	}
	const renames = new Map<TreePath, TreePath>();
	for (const [content, [from, ...otherSources]] of gone) {
		const [to, ...otherTargets] = come.get(content) ?? [];
		if (from === undefined || to === undefined || otherSources.length + otherTargets.length > 0) continue;
		renames.set(from, to);
	}
	return renames;
}

function add(paths: Map<BlobId, TreePath[]>, content: BlobId, path: TreePath): void {
	const known = paths.get(content);
	if (known === undefined) paths.set(content, [path]);
	else known.push(path);
}
