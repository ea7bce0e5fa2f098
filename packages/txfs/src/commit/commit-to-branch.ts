import { RetakeError } from "@retake/base";
import { type BlobReader, type Change, type Changeset, rawTextToBytes, refuseProtected } from "@retake/changeset";
import git from "isomorphic-git";
import { checkedOutBranches, openWritableRepository, type WritableRepository } from "../git/writable-repository.ts";
import { findBranchDrift } from "./branch/branch-drift.ts";
import { branchRef, compareAndSwapRef, readRef, refuseLocked } from "./branch/branch-ref.ts";
import { createGitFileSystem, type GitFileSystem } from "./branch/git-file-system.ts";
import { GitTree } from "./branch/git-tree.ts";
import { commitError } from "./commit-error.ts";
import type { BranchOutcome } from "./commit-outcome.ts";

/** Who made a commit, and when. */
export interface CommitAuthor {
	readonly name: string;
	readonly email: string;
	/** Seconds since 1970. */
	readonly timestamp: number;
	/** Minutes that must be added to local time to get UTC: -60 for Berlin in winter. */
	readonly timezoneOffset: number;
}

/** What to commit to which branch of which repository. */
export interface BranchCommit {
	/** Root of a working tree, of a linked one, or of a bare repository. */
	readonly repository: string;
	/** Short name: `retake/fix`. It is made where it does not exist. */
	readonly branch: string;
	/** Object id of the commit from which the work began: the parent, where the branch does not exist. */
	readonly base: string;
	readonly changeset: Changeset;
	readonly blobs: BlobReader;
	readonly author: CommitAuthor;
	readonly message: string;
}

// Each is lost only to another process that moved the branch meanwhile.
const attemptsMax = 5;

/**
 * Commits a changeset to a git branch: objects are written durably, then one compare-and-swap of the ref makes them visible,
 * atomic for every reader. No hook, filter or program runs. Each `was` is checked against the branch's tip. A changeset that the
 * tip already has makes no commit; the answer names the tip. Empty directories are dropped, as git does.
 *
 * Throws `REPOSITORY_NOT_FOUND`, `BASE_NOT_FOUND`, `PATH_REFUSED`, `STORE_BUSY` for a locked ref, `USAGE` for a branch that is checked
 * out, a name that git refuses and a repository of another object format, `DISK_FULL`, `WORKSPACE_READ_ONLY`, `COMMIT_FAILED`.
 */
export async function commitToBranch(commit: BranchCommit): Promise<BranchOutcome> {
	for (const change of commit.changeset.changes) refuseProtected(change.path);
	try {
		const fs = createGitFileSystem();
		const { ref, gitdir } = await requireBranch(commit, fs);
		for (let attempt = 0; attempt < attemptsMax; attempt++) {
			const outcome = await attemptCommit(commit, fs, gitdir, ref);
			if (outcome !== null) return outcome;
		}
		throw new RetakeError("STORE_BUSY", `${ref} moved ${attemptsMax} times while the commit was made`, {
			remedy: "commit again when nobody else writes to the branch, or choose another name",
		});
	} catch (cause) {
		throw commitError(cause, commit.repository);
	}
}

/**
 * Checks that a branch can be committed to, before the work that leads there is done. Throws what `commitToBranch` throws
 * for the repository and the branch's name.
 */
export async function checkBranch(target: Pick<BranchCommit, "repository" | "branch">): Promise<void> {
	await requireBranch(target, createGitFileSystem());
}

async function requireBranch(
	{ repository, branch }: Pick<BranchCommit, "repository" | "branch">,
	fs: GitFileSystem,
): Promise<{ readonly ref: string; readonly gitdir: string }> {
	const ref = branchRef(branch);
	const directory = await openWritableRepository(repository, fs);
	refuseCheckedOut(directory, branch, ref);
	refuseLocked(directory.common, ref);
	return { ref, gitdir: directory.common };
}

/** Returns null where the branch moved before the ref could be swapped. */
async function attemptCommit(
	commit: BranchCommit,
	fs: GitFileSystem,
	gitdir: string,
	ref: string,
): Promise<BranchOutcome | null> {
	const tip = readRef(gitdir, ref);
	const parent = tip ?? commit.base;
	const tree = await openBase(fs, gitdir, parent);
	const conflicts = await findBranchDrift(tree, commit.changeset);
	if (conflicts.length > 0) return { kind: "aborted", conflicts };
	await applyChanges(tree, commit.changeset.changes, commit.blobs);
	const root = await tree.write();
	const previous = await git.readCommit({ fs, gitdir, oid: parent });
	const isSame = previous.commit.tree === root;
	const { author, message } = commit;
	const parts = { message: `${message.trimEnd()}\n`, tree: root, parent: [parent], author, committer: author };
	const oid = isSame ? parent : await git.writeCommit({ fs, gitdir, commit: parts });
	fs.flushDirectories();
	if (tip === oid) return { kind: "committed", branch: commit.branch, oid };
	return compareAndSwapRef(gitdir, ref, tip, oid) ? { kind: "committed", branch: commit.branch, oid } : null;
}

async function applyChanges(tree: GitTree, changes: readonly Change[], blobs: BlobReader): Promise<void> {
	// Deletions go first and from below, so that a directory makes room for the file that replaces it.
	for (const { path, was, now } of changes.toReversed()) {
		if (was !== null && was.kind !== "directory" && now?.kind !== "file" && now?.kind !== "symlink")
			await tree.remove(path);
	}
	for (const { path, now } of changes) {
		if (now?.kind === "file") {
			await tree.put(path, (now.mode & 0o100) === 0 ? "100644" : "100755", blobs.read(now.content));
		}
		if (now?.kind === "symlink") await tree.put(path, "120000", rawTextToBytes(now.target) ?? Buffer.from(now.target));
	}
}

async function openBase(fs: GitFileSystem, gitdir: string, oid: string): Promise<GitTree> {
	try {
		return await GitTree.open(fs, gitdir, oid);
	} catch (cause) {
		throw new RetakeError("BASE_NOT_FOUND", `${oid} is not a commit of the repository`, {
			cause,
			remedy: "name an existing commit; in a shallow or partial clone, fetch it first",
		});
	}
}

function refuseCheckedOut(directory: WritableRepository, branch: string, ref: string): void {
	if (!checkedOutBranches(directory).has(ref)) return;
	throw new RetakeError("USAGE", `the branch ${branch} is checked out: its working tree would differ from it`, {
		sort: "misuse",
		remedy: "use --commit worktree, or name another branch",
		data: { branch },
	});
}
