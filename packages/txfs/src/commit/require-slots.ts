import { RetakeError } from "@retake/base";
import { type Change, printablePath } from "@retake/changeset";
import type { OpenDescriptor } from "@retake/linux";
import type { JournalEntry } from "./journal-entry.ts";
import { observe, observeName } from "./observe.ts";
import { isSameNode } from "./same-node.ts";

/**
 * Checks before a recovery that what every change wants is in its slot or in the tree already. Where the tree still has what was
 * there before and the slot holds something else than either, the journal was altered. Throws `STORE_DAMAGED`.
 */
export function requireSlots(root: OpenDescriptor, entry: JournalEntry, changes: readonly Change[]): void {
	for (const [index, { path, was, now }] of changes.entries()) {
		if (now === null || now.kind === "directory") continue;
		const staged = observeName(entry.contents.descriptor, String(index))?.node ?? null;
		if (isSameNode(staged, now)) continue;
		const found = observe(root.descriptor, path)?.node ?? null;
		// What others put there after it was in place, and took away again, is swapped out into the slot as well.
		const isSettled = !isSameNode(found, was) || isSameNode(staged, was);
		if (isSettled) continue;
		throw new RetakeError(
			"STORE_DAMAGED",
			`the journal of commit ${entry.commitId} does not hold what ${printablePath(path)} is to be`,
			{
				remedy: `look at .retake/journal/${entry.commitId}; move it away to give the commit up, leaving the tree as it is`,
				data: { commitId: entry.commitId, path },
			},
		);
	}
}
