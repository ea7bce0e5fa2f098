import { comparePaths } from "../path/compare-paths.ts";
import type { TreePath } from "../tree-path.ts";
import type { PathAttributes, TreeAttributes } from "./tree-attributes.ts";

/** Returns what is known of a path, or null. */
export function attributesAt({ entries }: TreeAttributes, path: TreePath): PathAttributes | null {
	let low = 0;
	let high = entries.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		const entry = entries[middle] as PathAttributes;
		if (entry.path === path) return entry;
		if (comparePaths(entry.path, path) < 0) low = middle + 1;
		else high = middle;
	}
	return null;
}
