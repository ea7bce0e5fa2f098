import { fsyncSync } from "node:fs";
import { RetakeError } from "@retake/base";
import {
	type BlobReader,
	type Changeset,
	emptyAttributes,
	refuseProtected,
	type TreeAttributes,
} from "@retake/changeset";
import type { OpenDescriptor } from "@retake/linux";
import { replaceXattrs } from "../attributes/write-xattrs.ts";
import { placePath } from "../disk/place-path.ts";
import { commitError } from "./commit-error.ts";
import { type LockHolder, lockCommits, lockWait } from "./commit-lock.ts";
import type { CommitConflict, CommitOutcome } from "./commit-outcome.ts";
import { findDrift } from "./drift.ts";
import { Durability } from "./durability.ts";
import { awaitGitIndex } from "./git-lock.ts";
import { JournalEntry } from "./journal-entry.ts";
import { mergeDrift } from "./merge-drift.ts";
import { publish } from "./publish.ts";
import { listReattributions, type Reattribution } from "./reattribute.ts";
import { lockWaitMsDefault, recoverLocked } from "./recover-worktree.ts";
import { requireRenames } from "./require-renames.ts";
import { requireStaged, type Staging, stageContents } from "./stage.ts";
import { ensureStateDirectory } from "./state-directory.ts";
import { openWorktreeRoot } from "./worktree-root.ts";

/** What to commit to which working tree. */
export interface WorktreeCommit {
	/** Path of the working tree's root. */
	readonly root: string;
	readonly changeset: Changeset;
	/** What files have besides: extended attributes, holes and hard links are kept; default none. */
	readonly attributes?: TreeAttributes;
	/** Whether files get the time of the commit, as git gives it to them, or the one that they were last written at. Default `now`. */
	readonly times?: "now" | "kept";
	readonly blobs: BlobReader;
	/** Names the commit in the journal: letters, digits, `_` and `-`, never used before. */
	readonly commitId: string;
	/** Whether a path that changed since the base stops the commit, or is merged three ways where that is clean. */
	readonly onDrift: "refuse" | "merge";
	/** How long to wait for another process's commit to the same root, milliseconds. Default 10,000. */
	readonly lockWaitMs?: number;
	/** Told once where that wait takes over a second. */
	readonly onLockWait?: (holder: LockHolder) => void;
	/** Stops the commit up to its commit point; then it is too late. */
	readonly signal?: AbortSignal;
}

/**
 * Commits a changeset to a working tree in two visible steps, write then publish. All new contents and a manifest are made
 * durable in `.retake/journal/<commitId>` on the tree's own file system; one rename is the commit point; then each path is
 * swapped into place, and the entry is closed. A process that dies anywhere leaves what `recoverWorktree` finishes or
 * discards, so after recovery the tree holds all of the commit or none. A concurrent reader may see some paths before others.
 *
 * Each path's `was` is checked against the tree before anything is staged and again right before the commit point. What
 * others write after that is swapped out into `.retake/displaced/<commitId>` and named in the outcome, never overwritten;
 * only a writer that holds a replaced file open and goes on writing to it escapes notice.
 *
 * Throws `PATH_REFUSED` for `.git` and `.retake`, `STORE_BUSY` while another process commits or git has its index locked, `DISK_FULL`, `WORKSPACE_READ_ONLY`, `TREE_REFUSED`, `COMMIT_FAILED`,
 * `INTERRUPTED`, and what recovery throws: in all of these the tree is as it was.
 */
export async function commitToWorktree(commit: WorktreeCommit): Promise<CommitOutcome> {
	for (const change of commit.changeset.changes) refuseProtected(change.path);
	try {
		using root = openWorktreeRoot(commit.root);
		using state = ensureStateDirectory(root);
		const waitMs = commit.lockWaitMs ?? lockWaitMsDefault;
		using _lock = await lockCommits(state, lockWait(waitMs, commit.onLockWait));
		recoverLocked(root, state);
		await awaitGitIndex(commit.root, waitMs);
		return commitLocked(commit, root, state);
	} catch (cause) {
		throw commitError(cause, commit.root);
	}
}

function commitLocked(commit: WorktreeCommit, root: OpenDescriptor, state: OpenDescriptor): CommitOutcome {
	const merged = mergeDrift(root, commit.changeset, commit.blobs, commit.onDrift);
	if (merged.conflicts.length > 0) return { kind: "aborted", conflicts: merged.conflicts };
	const { changes, blobs } = merged;
	const { attributes = emptyAttributes, times = "now" } = commit;
	const reattributions = listReattributions(root, changes, attributes, times);
	if (changes.length === 0 && reattributions.length === 0) return { kind: "committed", changes, displaced: [] };
	using entry = JournalEntry.create(state, commit.commitId);
	const staging = { changes, attributes, times, blobs };
	const conflicts = prepare(commit, root, state, entry, staging, reattributions);
	if (conflicts.length > 0) return { kind: "aborted", conflicts };
	try {
		fsyncSync(entry.directory.descriptor);
		return { kind: "committed", changes, displaced: publish(root, state, entry, { changes, reattributions }) };
	} catch (cause) {
		return { kind: "committed-recovery-pending", changes, cause: commitError(cause, commit.root) };
	}
}

/** Stages everything and passes the commit point, or leaves no trace: returns conflicts, or throws. */
function prepare(
	commit: WorktreeCommit,
	root: OpenDescriptor,
	state: OpenDescriptor,
	entry: JournalEntry,
	staging: Staging,
	reattributions: readonly Reattribution[],
): readonly CommitConflict[] {
	const { changes } = staging;
	try {
		requireRenames(entry.directory, changes);
		const durability = new Durability(state, changes.length);
		stageContents(root, entry, staging, durability);
		requireXattrs(entry, reattributions);
		entry.prepare({ commitId: entry.commitId, changes, reattributions }, durability);
		durability.settle();
		requireStaged(entry, staging);
		const { conflicts } = findDrift(root, changes);
		if (conflicts.length > 0) {
			entry.discard();
			return conflicts;
		}
		if (commit.signal?.aborted) throw interrupted(commit.signal);
		entry.reachCommitPoint();
		return [];
	} catch (cause) {
		discardAfter(cause, entry);
		throw cause;
	}
}

/** Tries on the entry's own directory whether the file system takes what is set in place after the commit point. */
function requireXattrs(entry: JournalEntry, reattributions: readonly Reattribution[]): void {
	const at = placePath(entry.directory.descriptor, "contents");
	for (const { xattrs } of reattributions) if (xattrs.length > 0) replaceXattrs(at, xattrs);
}

function discardAfter(cause: unknown, entry: JournalEntry): void {
	try {
		entry.discard();
	} catch (discardFailure) {
		// The next recovery discards it; both failures belong to the answer.
		throw new AggregateError([cause, discardFailure], cause instanceof Error ? cause.message : String(cause));
	}
}

function interrupted(signal: AbortSignal): RetakeError {
	return new RetakeError("INTERRUPTED", "the commit was stopped before its commit point; the tree is as it was", {
		cause: signal.reason,
	});
}
