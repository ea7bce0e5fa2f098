import type { Change } from "@retake/changeset";
import type { OpenDescriptor } from "@retake/linux";
import { commitError } from "./commit-error.ts";
import { type LockHolder, lockCommits, lockWait } from "./commit-lock.ts";
import type { DisplacedPath } from "./commit-outcome.ts";
import { JournalEntry, listJournal } from "./journal-entry.ts";
import { publish } from "./publish.ts";
import { requireSlots } from "./require-slots.ts";
import { openStateDirectory } from "./state-directory.ts";
import { openWorktreeRoot } from "./worktree-root.ts";

/** What recovery found in a journal and did about it. */
export interface RecoveryReport {
	/** Commits that had reached their commit point: they are in place now. */
	readonly rolledForward: readonly RecoveredCommit[];
	/** Ids of commits that had not reached it: they never happened. */
	readonly discarded: readonly string[];
}

/** One commit that recovery finished. */
export interface RecoveredCommit {
	readonly commitId: string;
	readonly changes: readonly Change[];
	readonly displaced: readonly DisplacedPath[];
}

/** How long recovery waits for a process that commits to the same root, milliseconds, where the caller names no time. */
export const lockWaitMsDefault = 10_000;

/**
 * Finishes what a process that died left half done in a working tree. Running it again, or after being cut off itself, does
 * no harm. Throws `STORE_BUSY` while another process commits, `STORE_NEWER` and `STORE_DAMAGED` for a journal that cannot be
 * trusted, which stays untouched as does the tree, and the codes of `commitError` where the file system fails.
 */
export async function recoverWorktree(
	root: string,
	options: { readonly lockWaitMs?: number; readonly onLockWait?: (holder: LockHolder) => void } = {},
): Promise<RecoveryReport> {
	try {
		using tree = openWorktreeRoot(root);
		using state = openStateDirectory(tree);
		if (state === null || listJournal(state).length === 0) return { rolledForward: [], discarded: [] };
		using _lock = await lockCommits(state, lockWait(options.lockWaitMs ?? lockWaitMsDefault, options.onLockWait));
		return recoverLocked(tree, state);
	} catch (cause) {
		throw commitError(cause, root);
	}
}

/** Recovers under a lock that the caller holds. Every manifest and slot is checked before the first one is acted upon. */
export function recoverLocked(root: OpenDescriptor, state: OpenDescriptor): RecoveryReport {
	const rolledForward: RecoveredCommit[] = [];
	const discarded: string[] = [];
	const commitIds = listJournal(state);
	for (const commitId of commitIds) {
		using entry = JournalEntry.open(state, commitId);
		const manifest = entry.readManifest();
		if (manifest !== null) requireSlots(root, entry, manifest.changes);
	}
	for (const commitId of commitIds) {
		using entry = JournalEntry.open(state, commitId);
		const manifest = entry.readManifest();
		if (manifest === null) {
			entry.discard();
			discarded.push(commitId);
		} else {
			const displaced = publish(root, state, entry, manifest);
			rolledForward.push({ commitId, changes: manifest.changes, displaced });
		}
	}
	return { rolledForward, discarded };
}
