import { sameNode, type TreeNode } from "@retake/changeset";
import type { LiveNode } from "./observe.ts";

/** Tells whether what was found is exactly the node that was expected. A device, fifo or socket never is. */
export function isSameNode(found: LiveNode | null, expected: TreeNode | null): boolean {
	return found?.kind === "other" ? false : sameNode(found, expected);
}
