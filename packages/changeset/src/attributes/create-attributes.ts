import { assert } from "@retake/base";
import { comparePaths } from "../path/compare-paths.ts";
import type { PathAttributes, TreeAttributes } from "./tree-attributes.ts";

/** The attributes that say nothing of any path. */
export const emptyAttributes: TreeAttributes = Object.freeze({ kind: "attributes", entries: Object.freeze([]) });

/** One path's attributes, with any value that tells its group of hard links from others. */
export type GroupedAttributes = Omit<PathAttributes, "linkGroup"> & { readonly linkGroup: unknown };

/**
 * Makes attributes of entries in any order: sorts them by path, numbers the groups of hard links (equal `linkGroup`, null for
 * none) and dissolves those of one path. A path given twice is a `BUG`.
 */
export function createAttributes(entries: Iterable<GroupedAttributes>): TreeAttributes {
	const sorted = [...entries].sort((left, right) => comparePaths(left.path, right.path));
	if (sorted.length === 0) return emptyAttributes;
	const members = new Map<unknown, number>();
	for (const [index, { path, linkGroup }] of sorted.entries()) {
		assert(sorted[index - 1]?.path !== path, `attributes hold each path once: ${path}`);
		if (linkGroup !== null) members.set(linkGroup, (members.get(linkGroup) ?? 0) + 1);
	}
	const numbers = new Map<unknown, number>();
	const numbered = (group: unknown): number | null => {
		if (group === null || members.get(group) === 1) return null;
		if (!numbers.has(group)) numbers.set(group, numbers.size);
		return numbers.get(group) ?? null;
	};
	return { kind: "attributes", entries: sorted.map((entry) => ({ ...entry, linkGroup: numbered(entry.linkGroup) })) };
}
