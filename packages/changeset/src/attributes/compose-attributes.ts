import type { Changeset } from "../changeset.ts";
import { createAttributes, emptyAttributes, type GroupedAttributes } from "./create-attributes.ts";
import type { TreeAttributes } from "./tree-attributes.ts";

/** The attributes that something left, and the changes that it made: what of the earlier attributes is no longer true. */
export interface AttributedChanges {
	readonly changeset: Changeset;
	readonly attributes: TreeAttributes;
}

/**
 * Composes the attributes of two changes, the second made on what the first left behind. Each path has those of the later;
 * one that the second deleted, or changed without a word about its attributes, has none. Links between the two are none.
 */
export function composeAttributes(first: TreeAttributes, second: AttributedChanges): TreeAttributes {
	const outdated = new Set(second.changeset.changes.map(({ path }) => path));
	if (first.entries.length === 0 && outdated.size === 0) return second.attributes;
	const entries: GroupedAttributes[] = [];
	for (const entry of second.attributes.entries) {
		outdated.add(entry.path);
		entries.push(entry.linkGroup === null ? entry : { ...entry, linkGroup: `later ${entry.linkGroup}` });
	}
	for (const entry of first.entries) if (!outdated.has(entry.path)) entries.push(entry);
	return entries.length === 0 ? emptyAttributes : createAttributes(entries);
}
