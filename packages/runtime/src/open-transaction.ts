import { join } from "node:path";
import { createRunId, RetakeError, systemClock, systemRandomness } from "@retake/base";
import { type Changeset, createMemoryBlobs } from "@retake/changeset";
import { openStore } from "@retake/store";
import {
	beginMemory,
	commitToWorktree,
	type FileSystem,
	findRepository,
	openSnapshots,
	recoverWorktree,
	type Savepoint,
	type StepResult,
	type Transaction,
} from "@retake/txfs";
import { z } from "zod";
import { checkOptions } from "./check-options.ts";
import { hostOwner } from "./host-owner.ts";
import type { CommitReport, CommitTarget, ConflictData } from "./runtime.ts";
import { workspaceDirectory } from "./workspace-directory.ts";

const transactionOptionsSchema = z.strictObject({
	/** Directory whose tree the transaction is over. */
	workspace: z.string().min(1),
	/** Directory of the store, which keeps the snapshot; `.retake` in the workspace where absent. */
	store: z.string().min(1).optional(),
	/** `worktree` for the workspace as it is, or a git ref. */
	base: z.string().min(1).default("worktree"),
	/** Absolute path under which `fs` shows the tree; what lies beside it is scratch. */
	mount: z.string().startsWith("/", "must be an absolute path").default("/"),
	/** Whether `fs` shows the workspace's repository as `.git`. It is only read: what is written to `.git` is in no step. */
	git: z.boolean().default(false),
});

/** What `openTransaction` takes. Only `workspace` is required. */
export type TransactionOptions = z.input<typeof transactionOptionsSchema>;

type WorktreeTarget = Extract<CommitTarget, { readonly kind: "worktree" }>;

/** A transaction over a workspace, in memory and on no record. */
export interface WorkspaceTransaction extends AsyncDisposable {
	/** The tree in the shape of `node:fs`; see `flush`. */
	readonly fs: FileSystem;
	/** Makes what was written through `fs` one step; null where nothing was. */
	flush(): Promise<StepResult<null> | null>;
	/** Marks a state. Throws `USAGE` while there are writes that were not flushed, as `changes` does. */
	savepoint(): Savepoint;
	/** Drops every step made after the savepoint, and what was not flushed. */
	rollbackTo(savepoint: Savepoint): void;
	/** Returns what differs from the base. */
	changes(): Changeset;
	/** Flushes, and commits to the working tree. Throws `CONFLICT` with nothing written, `COMMIT_FAILED`. */
	commit(to?: WorktreeTarget): Promise<Extract<CommitReport, { readonly kind: "worktree" }>>;
}

/**
 * Opens a transaction over a workspace for JavaScript tools that take an `fs`. Nothing of what they do is recorded, and nothing is in
 * the workspace before `commit`; disposal drops it. Throws `USAGE`, `WORKSPACE_NOT_FOUND`, `BASE_NOT_FOUND`, `REPOSITORY_NOT_FOUND`.
 *
 * @example
 * await using transaction = await openTransaction({ workspace: ".", mount: "/app" });
 * await transaction.fs.promises.writeFile("/app/NOTES.md", "done\n");
 * await transaction.commit();
 */
export async function openTransaction(options: TransactionOptions): Promise<WorkspaceTransaction> {
	const { base, mount, git, ...where } = checkOptions(transactionOptionsSchema, options);
	const workspace = workspaceDirectory(where.workspace);
	const gitDirectory = git ? { gitDirectory: findRepository(workspace).gitDirectory } : {};
	const store = openStore(where.store ?? join(workspace, ".retake"), { clock: systemClock });
	const snapshots = openSnapshots({ store, owner: hostOwner() });
	const close = (): void => {
		snapshots[Symbol.dispose]();
		store[Symbol.dispose]();
	};
	try {
		await recoverWorktree(workspace);
		const snapshot =
			base === "worktree"
				? await snapshots.fromDirectory(workspace)
				: (await snapshots.fromCommit(workspace, base)).snapshot;
		// Its own, not the store's: a collection in another process frees there what no run refers to.
		const blobs = createMemoryBlobs();
		const transaction = beginMemory({ base: snapshot, blobs, fileSystem: { mount, ...gitDirectory } });
		const commit: WorkspaceTransaction["commit"] = async (to) => {
			await transaction.flush();
			const changeset = transaction.changes();
			const commitId = createRunId(systemClock, systemRandomness);
			const attributes = transaction.attributes();
			const onDrift = to?.onDrift ?? "refuse";
			const outcome = await commitToWorktree({ root: workspace, changeset, attributes, blobs, commitId, onDrift });
			if (outcome.kind === "aborted") throw drifted(outcome);
			const paths = outcome.changes.map((change) => change.path);
			return outcome.kind === "committed"
				? { kind: "worktree", paths, displaced: outcome.displaced, recoveryPending: false }
				: { kind: "worktree", paths, displaced: [], recoveryPending: true };
		};
		return faceOf(transaction, commit, close);
	} catch (error) {
		close();
		throw error;
	}
}

function faceOf(
	transaction: Transaction,
	commit: WorkspaceTransaction["commit"],
	close: () => void,
): WorkspaceTransaction {
	return {
		get fs() {
			return transaction.fs;
		},
		flush: () => transaction.flush(),
		savepoint: () => transaction.savepoint(),
		rollbackTo: (savepoint) => transaction.rollbackTo(savepoint),
		changes: () => transaction.changes(),
		commit,
		[Symbol.asyncDispose]: async () => {
			await transaction[Symbol.asyncDispose]();
			close();
		},
	};
}

function drifted({ conflicts }: ConflictData): RetakeError<ConflictData> {
	const paths = conflicts.map((each) => each.path);
	return new RetakeError("CONFLICT", `the working tree changed since the base at ${paths.slice(0, 5).join(", ")}`, {
		data: { conflicts },
		remedy: 'commit({ kind: "worktree", onDrift: "merge" }), or open a transaction over the tree as it is now',
	});
}
