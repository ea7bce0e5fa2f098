export { clearDisplaced } from "./commit/clear-displaced.ts";
export { describeHolder, type LockHolder } from "./commit/commit-lock.ts";
export type { BranchOutcome, CommitConflict, CommitOutcome, DisplacedPath } from "./commit/commit-outcome.ts";
export { type BranchCommit, checkBranch, commitToBranch } from "./commit/commit-to-branch.ts";
export { checkPatchFile, commitToPatch, type PatchCommit } from "./commit/commit-to-patch.ts";
export { commitToWorktree, type WorktreeCommit } from "./commit/commit-to-worktree.ts";
export { type DisplacedByCommit, listDisplaced } from "./commit/list-displaced.ts";
export { type RecoveredCommit, type RecoveryReport, recoverWorktree } from "./commit/recover-worktree.ts";
export { beginCopy } from "./copy/begin-copy.ts";
export type { CopyTransactionOptions } from "./copy/copy-backend.ts";
export { type PlacedFile, placeFile } from "./disk/place-file.ts";
export type { FileSystemOptions } from "./file-system/transaction-view.ts";
export { type FileSystem, unofferedCalls } from "./file-system/view-volume.ts";
export { findRepository } from "./git/find-repository.ts";
export { addTrailer } from "./git/objects/add-trailer.ts";
export type { CommitAuthor } from "./git/objects/commit-object.ts";
export { repositoryAuthor } from "./git/repository-author.ts";
export { repositoryHead } from "./git/repository-head.ts";
export type { LayerSpace, TreeOwner } from "./layer-space.ts";
export { beginMemory, type MemoryOptions } from "./memory/begin-memory.ts";
export { beginOverlay } from "./overlay/begin-overlay.ts";
export type { OverlayOptions } from "./overlay/overlay-backend.ts";
export { readAttemptsMax } from "./snapshot/copy-file.ts";
export type { CopyOptions } from "./snapshot/directory-copy.ts";
export { emptySnapshot } from "./snapshot/empty-snapshot.ts";
export { inlineBytesMax, inlineFilesMax } from "./snapshot/live-files.ts";
export { openSnapshots, type SnapshotsOptions } from "./snapshot/open-snapshots.ts";
export type { PathPatterns } from "./snapshot/path-filter.ts";
export { refusedPathsMax } from "./snapshot/refused-paths.ts";
export { passesMax, snapshotLayersMax } from "./snapshot/snapshot-directory.ts";
export type { SnapshotStore } from "./snapshot/snapshot-library.ts";
export type { CollectedSnapshots, CommitSnapshot, DirectoryOptions, Snapshots } from "./snapshot/snapshots.ts";
export type { Snapshot } from "./snapshot.ts";
export type {
	DirectoryMount,
	LayerMount,
	OverlayMount,
	RefusedPath,
	Savepoint,
	StepResult,
	Transaction,
	WritableLayer,
} from "./transaction.ts";
export { pathLengthMax } from "./tree/refused-tree.ts";
