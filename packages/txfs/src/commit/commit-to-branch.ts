import { RetakeError } from "@retake/base";
import { type BlobReader, type Change, type Changeset, rawTextToBytes, refuseProtected } from "@retake/changeset";
import { type CommitAuthor, encodeCommit, readCommitLinks } from "../git/objects/commit-object.ts";
import { GitObjects } from "../git/objects/git-objects.ts";
import { LooseObjects } from "../git/objects/loose-objects.ts";
import { type NewObjects, packedObjectsMin } from "../git/objects/new-objects.ts";
import { NewPack } from "../git/objects/new-pack.ts";
import { branchRef } from "../git/refs/branch-ref.ts";
import { checkedOutBranches } from "../git/refs/checked-out-branches.ts";
import { moveRef, refuseUnmovable } from "../git/refs/move-ref.ts";
import { readRef } from "../git/refs/read-ref.ts";
import { openWritableRepository, type WritableRepository } from "../git/writable-repository.ts";
import { findBranchDrift } from "./branch/branch-drift.ts";
import { GitTree } from "./branch/git-tree.ts";
import { commitError } from "./commit-error.ts";
import type { BranchOutcome } from "./commit-outcome.ts";

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
 * Commits a changeset to a git branch: objects are made durable, then one compare-and-swap of the ref makes them visible,
 * atomic for every reader. No hook, filter or program runs. Each `was` is checked against the branch's tip. A changeset that the
 * tip already has makes no commit; the answer names the tip. Empty directories are dropped, as git does.
 *
 * Throws `REPOSITORY_NOT_FOUND`, `BASE_NOT_FOUND`, `PATH_REFUSED`, `STORE_BUSY` for a locked ref, `USAGE` for a branch that is checked
 * out, a name that git refuses and a repository of another object format, `DISK_FULL`, `WORKSPACE_READ_ONLY`, `COMMIT_FAILED`,
 * and `COMMIT_PENDING` where the branch moved and could not be flushed: the same commit once more settles it.
 */
export async function commitToBranch(commit: BranchCommit): Promise<BranchOutcome> {
	for (const change of commit.changeset.changes) refuseProtected(change.path);
	try {
		const { ref, repository } = requireBranch(commit);
		using objects = new GitObjects(repository.common);
		for (let attempt = 0; attempt < attemptsMax; attempt++) {
			const outcome = await attemptCommit(commit, repository, objects, ref);
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
export function checkBranch(target: Pick<BranchCommit, "repository" | "branch">): void {
	requireBranch(target);
}

function requireBranch(target: Pick<BranchCommit, "repository" | "branch">): {
	readonly ref: string;
	readonly repository: WritableRepository;
} {
	const ref = branchRef(target.branch);
	const repository = openWritableRepository(target.repository);
	refuseCheckedOut(repository, target.branch, ref);
	readRef(repository.common, ref);
	refuseUnmovable(repository.common, ref);
	return { ref, repository };
}

/** Returns null where the branch moved before the ref could be swapped. */
async function attemptCommit(
	commit: BranchCommit,
	repository: WritableRepository,
	objects: GitObjects,
	ref: string,
): Promise<BranchOutcome | null> {
	const tip = readRef(repository.common, ref);
	const parent = requireCommit(objects, tip ?? commit.base);
	const tree = new GitTree(objects, parent.tree);
	const { changes } = commit.changeset;
	const conflicts = findBranchDrift(tree, commit.changeset, commit.blobs);
	if (conflicts.length > 0) return { kind: "aborted", conflicts };
	using added: NewObjects =
		changes.length < packedObjectsMin ? new LooseObjects(objects, changes.length) : new NewPack(objects);
	await applyChanges(tree, changes, commit.blobs, added);
	const root = await tree.write(added);
	const done = (oid: string): BranchOutcome => ({ kind: "committed", branch: commit.branch, oid });
	if (root === parent.tree && tip !== null) return done(tip);
	const oid = root === parent.tree ? parent.oid : await addCommit(commit, root, parent.oid, added);
	added.publish();
	const subject = commit.message.split("\n", 1)[0] ?? "";
	const why = root === parent.tree ? `branch: Created from ${parent.oid}` : `commit: ${subject}`;
	return moveRef(repository, ref, { from: tip, to: oid, who: commit.author, why }) ? done(oid) : null;
}

function addCommit(commit: BranchCommit, tree: string, parent: string, added: NewObjects): Promise<string> {
	const bytes = encodeCommit({ tree, parents: [parent] }, commit.author, commit.message);
	return added.add("commit", bytes.length, () => [bytes]);
}

async function applyChanges(
	tree: GitTree,
	changes: readonly Change[],
	blobs: BlobReader,
	added: NewObjects,
): Promise<void> {
	// Deletions go first and from below, so that a directory makes room for the file that replaces it.
	for (const { path, was, now } of changes.toReversed()) {
		if (was !== null && was.kind !== "directory" && now?.kind !== "file" && now?.kind !== "symlink") tree.remove(path);
	}
	for (const { path, now } of changes) {
		if (now?.kind === "file") {
			const oid = await added.add("blob", now.size, () => blobs.chunks(now.content));
			tree.put(path, { mode: (now.mode & 0o100) === 0 ? "100644" : "100755", oid });
		}
		if (now?.kind === "symlink") {
			const target = rawTextToBytes(now.target) ?? Buffer.from(now.target);
			tree.put(path, { mode: "120000", oid: await added.add("blob", target.length, () => [target]) });
		}
	}
}

function requireCommit(objects: GitObjects, oid: string) {
	const found = readCommitLinks(objects, oid);
	if (found !== null) return found;
	throw new RetakeError("BASE_NOT_FOUND", `${oid} is not a commit of the repository`, {
		remedy: "name an existing commit; in a shallow or partial clone, fetch it first",
	});
}

function refuseCheckedOut(directory: WritableRepository, branch: string, ref: string): void {
	if (!checkedOutBranches(directory).has(ref)) return;
	throw new RetakeError("USAGE", `the branch ${branch} is checked out: its working tree would differ from it`, {
		sort: "misuse",
		remedy: "commit to the working tree, or name another branch",
		data: { branch },
	});
}
