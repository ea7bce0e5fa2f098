import type { Change, Changeset } from "../changeset.ts";
import { createChangeset } from "../create-changeset.ts";
import type { TreePath } from "../tree-path.ts";
import type { TreeReader } from "../tree-reader.ts";
import { sameNode } from "./same-node.ts";

/**
 * Compares two trees and returns the changeset that makes the second of the first. Reads both of every directory together and keeps
 * only what differs. Throws what the readers do.
 */
export function diffTrees(before: TreeReader, after: TreeReader): Changeset {
	return createChangeset(differences(before, after));
}

function* differences(before: TreeReader, after: TreeReader): Generator<Change> {
	const waiting: (TreePath | null)[] = [null];
	for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
		const prefix = directory === null ? "" : `${directory}/`;
		const names = new Set([...before.entries(directory), ...after.entries(directory)].map(({ name }) => name));
		for (const name of names) {
			// What a tree's reader returns is clean already.
			const path = `${prefix}${name}` as TreePath;
			const [was, now] = [before.lookup(path), after.lookup(path)];
			if (!sameNode(was, now)) yield { path, was, now };
			if (was?.kind === "directory" || now?.kind === "directory") waiting.push(path);
		}
	}
}
