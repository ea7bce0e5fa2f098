import { fsyncSync, readdirSync } from "node:fs";
import type { Change } from "@retake/changeset";
import { OpenDescriptor, openBeneath, renameNoReplaceAt } from "@retake/linux";
import type { DisplacedPath } from "./commit-outcome.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { observeName, representable } from "./observe.ts";
import { isSameNode } from "./same-node.ts";
import { ensureDirectory } from "./state-directory.ts";

/**
 * Looks at what came out of the tree. What is not what the changeset expected came from outside after the check: it is moved
 * to `.retake/displaced/<commitId>/<n>`, durably, and named in the answer. Nothing of Retake's ever removes it.
 */
export function keepDisplaced(
	state: OpenDescriptor,
	entry: JournalEntry,
	changes: readonly Change[],
): readonly DisplacedPath[] {
	const displaced: DisplacedPath[] = [];
	for (const [index, change] of changes.entries()) {
		const slot = String(index);
		const found = observeName(entry.contents.descriptor, slot)?.node ?? null;
		if (found === null || isSameNode(found, change.now)) continue;
		if (isSameNode(found, change.was) && !holdsEntries(entry.contents.descriptor, slot, found.kind)) continue;
		{
			using all = ensureDirectory(state.descriptor, "displaced");
			using own = ensureDirectory(all.descriptor, entry.commitId);
			renameNoReplaceAt(entry.contents.descriptor, slot, own.descriptor, slot);
			for (const directory of [own, all, state]) fsyncSync(directory.descriptor);
		}
		const keptAt = `.retake/displaced/${entry.commitId}/${slot}`;
		displaced.push({ path: change.path, found: representable(found), keptAt });
	}
	return displaced;
}

function holdsEntries(slots: number, slot: string, kind: string): boolean {
	if (kind !== "directory") return false;
	using directory = new OpenDescriptor(openBeneath(slots, slot));
	return readdirSync(directory.path).length > 0;
}
