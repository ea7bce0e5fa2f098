import type { Clock, Randomness, RunId, SandboxLimits, TreeId } from "@retake/base";
import type { CanonicalValue, Changeset, TreePath } from "@retake/changeset";
import type { CallAddress, Divergence, ForkOrigin } from "@retake/recorder";
import type { DriverReport, ExecResult, NetworkDoor, SandboxDriver } from "@retake/sandbox";
import type { Reference, RunKind, RunRecord, Store } from "@retake/store";
import type { CommitConflict, DisplacedPath, LockHolder, Snapshot } from "@retake/txfs";
import type { CollectedGarbage, GarbageRequest } from "./collect-garbage.ts";
import type { AgentSession, EndedRun, RunVerdict, SessionSavepoint } from "./session.ts";
import type { EnvironmentDifference } from "./surroundings.ts";
import type { WarmSandboxes } from "./warm-sandboxes.ts";

/** What a runtime takes from outside; the command line hands in the real ones. */
export interface RuntimePorts {
	readonly clock: Clock;
	readonly randomness: Randomness;
	/** Told once where a commit waits longer than a second for another process that commits to the workspace. */
	readonly onLockWait?: (holder: LockHolder) => void;
}

/** A frozen tree that sessions start from. */
export interface Base {
	readonly snapshot: Snapshot;
	/** The commit that it was made from, or the workspace's HEAD where it was made from the working tree; null outside git. */
	readonly commit: string | null;
	/** What was asked for: `worktree` or the ref. */
	readonly asked: string;
	/** Paths of the commit's submodules: empty directories in the snapshot. */
	readonly submodules: readonly TreePath[];
}

/** How a session starts. */
export interface SessionStart {
	readonly base: Base;
	readonly kind: RunKind;
	/** For people. */
	readonly title: string;
	/** What a replay must run again; null where the record itself drives the replay. */
	readonly program: CanonicalValue;
	readonly parentRunId?: RunId;
	/** Takes the connections of its commands; without it they have no network. */
	readonly door?: NetworkDoor;
	/** Sandboxes that sessions before it have left, and to which its own goes. */
	readonly warm?: WarmSandboxes;
	/** What the program names: kept as long as the run. */
	readonly uses?: readonly Reference[];
	/** Called once, when the session and every fork of it have ended. */
	readonly onEnd?: () => Promise<void>;
}

/** Where a run's changes go. */
export type CommitTarget =
	/** Files get the time of the commit, unless `times` is `kept`. */
	| { readonly kind: "worktree"; readonly onDrift?: "refuse" | "merge"; readonly times?: "now" | "kept" }
	| { readonly kind: "branch"; readonly branch: string; readonly message?: string }
	/** A git diff in a file of its own; one that is there is replaced only where `overwrite` says so. */
	| { readonly kind: "patch"; readonly file: string; readonly overwrite?: boolean };

/** Where a run's changes went. */
export type CommitReport =
	| {
			readonly kind: "worktree";
			readonly paths: readonly TreePath[];
			/** Files that somebody else put at these paths while the commit was made, and where they are kept. */
			readonly displaced: readonly DisplacedPath[];
			readonly recoveryPending: boolean;
	  }
	| { readonly kind: "branch"; readonly branch: string; readonly oid: string }
	/** `bytes` is the size of the patch. */
	| { readonly kind: "patch"; readonly file: string; readonly bytes: number };

/** What stands behind a `CONFLICT`. */
export interface ConflictData {
	readonly conflicts: readonly CommitConflict[];
}

/** A live session: an agent's view of it, and what its owner decides. Disposal rolls back what was not decided. */
export interface Session extends AgentSession, AsyncDisposable {
	/** Opens another session on the tree as it was at the savepoint, or is now: a child run of its own. */
	fork(savepoint?: SessionSavepoint): Promise<Session>;
	/** Ends the run and keeps its changes in the store, to be committed or rolled back later by its id. */
	keep(verdict: RunVerdict): Promise<EndedRun>;
	/** Ends the run and commits it. Throws `CONFLICT`, with nothing written and the run kept. */
	commit(to: CommitTarget, verdict?: RunVerdict): Promise<CommitReport>;
	/** Ends the run and drops its changes; the record stays. */
	rollback(verdict?: RunVerdict): Promise<EndedRun>;
}

/** How a run is forked. */
export interface ForkRunOptions {
	/**
	 * The first call that is executed, by its address, or how many calls are served, in the order of issue. Where absent, every call that ended
	 * is served: a run that was cut off is resumed.
	 */
	readonly at?: CallAddress | number;
	/**
	 * What happens where the program makes another call than the record has: `stop` (the default) fails it with `DIVERGENCE`; `go-live`
	 * executes it, and all that comes after it.
	 */
	readonly onDivergence?: "stop" | "go-live";
	/** For people; "fork of …" where absent. */
	readonly title?: string;
	/** What the program names: kept as long as the child run. */
	readonly uses?: readonly Reference[];
	/** Takes the connections of its commands, in place of what the run could reach. */
	readonly door?: NetworkDoor;
}

/** A live session whose first calls are served from another run's record. */
export interface ForkedSession extends Session {
	/** How far it has followed that run. */
	readonly origin: ForkOrigin;
}

/** How a playback is opened. */
export interface PlaybackOptions {
	/** A program that waits for somebody outside is never taken for stalled before it has ended. */
	readonly patience?: "endless";
	/** Recorded delays times this: 0 (the default) as fast as it goes, 1 as it was. */
	readonly timeScale?: number;
}

/** A session served from the record: nothing is executed and nothing outside the store is touched. */
export interface PlaybackSession extends AgentSession {
	/** Issues the record's own calls again: for a run whose program is not at hand. */
	driveFromRecord(): Promise<void>;
	/** The verdict on record, for programs that come to none of their own. */
	readonly recordedVerdict: RunVerdict;
	/**
	 * Runs the program and reports what the playback came to, with the verdict that the program returned. A divergence that
	 * stopped it is in the report; calls that were not consumed are one.
	 */
	finishAfter(program: () => Promise<RunVerdict>): Promise<PlaybackReport>;
}

/** What a playback came to. */
export interface PlaybackReport {
	readonly runId: RunId;
	/** Calls in the record. */
	readonly calls: number;
	/** Calls served from it. */
	readonly served: number;
	readonly divergences: readonly Divergence[];
	/** Whether the record ends without the run's end: only what came before the cut is proved. */
	readonly cutOff: boolean;
	/** Hash over everything the run did: as recorded, and as computed again from what happened in the playback. */
	readonly rootHash: { readonly recorded: string; readonly recomputed: string };
}

/** One call that came out otherwise when it was executed again. */
export interface VerifyDifference {
	readonly address: { readonly scope: string; readonly sequence: number };
	readonly tool: string;
	readonly field: "outcome" | "exitCode" | "stdout" | "stderr" | "network" | "changeset";
	readonly cause: "time" | "path" | "pid" | "order" | "randomness" | "other";
	readonly recorded: string;
	readonly actual: string;
}

/** What executing a run's calls again came to. */
export interface VerifyReport {
	readonly runId: RunId;
	readonly calls: number;
	/** Calls that came out the same to the byte. */
	readonly equal: number;
	readonly differences: readonly VerifyDifference[];
	/** `output` for each call with another end or output, `state` for each after which the workspace is another, in the order of the calls. */
	readonly divergences: readonly Divergence[];
	/** What the run had around it otherwise than now: kernel, image, clock. It need not show in what commands print. */
	readonly environment: readonly EnvironmentDifference[];
}

/** A command run over a base to prepare it, whose result every session shares. */
export interface Setup {
	/** Run by `/bin/sh -c`. */
	readonly command: string;
	/** What it may reach besides what sessions may, as in the option `allow`. */
	readonly allow: readonly string[];
}

/** How a set-up ended; where `exec` failed, `base` is null. */
export interface SetupResult {
	readonly base: Base | null;
	readonly cached: boolean;
	/** Null where the result came from the cache. */
	readonly exec: ExecResult | null;
}

/** What watches a long piece of work. */
export interface Watch {
	readonly onProgress?: (files: number, bytes: number) => void;
	readonly signal?: AbortSignal;
}

/** How a run's calls are executed again. */
export interface VerifyOptions extends Watch {
	/** Takes the connections of its commands; without it they have no network. */
	readonly door?: NetworkDoor;
	/** `strict` (the default) stops at the first call that comes out otherwise; `report` executes the rest too. */
	readonly policy?: "strict" | "report";
}

/** Everything that belongs to one workspace: its store, its snapshots, its sandbox driver. The only composition root. */
export interface Runtime extends AsyncDisposable {
	/** Real path of the workspace. */
	readonly workspace: string;
	readonly store: Store;
	/** Null where sessions have no sandbox. */
	readonly driver: SandboxDriver | null;
	readonly limits: SandboxLimits;
	readonly ports: RuntimePorts;
	/** Recovers a commit that was cut off, then freezes the working tree (`worktree`) or materialises a commit. Throws `BASE_NOT_FOUND`, `REPOSITORY_NOT_FOUND`, `TREE_REFUSED`, `TREE_CHANGED`. */
	freeze(base: string, watch?: Watch): Promise<Base>;
	/** Runs a set-up command once over a base; its result is kept by base, command, allow-list and image. */
	prepare(base: Base, setup: Setup, watch?: Watch): Promise<SetupResult>;
	/** The base of a run that has no files, such as a recorded conversation with a server. */
	readonly emptyBase: Base;
	startSession(start: SessionStart): Promise<Session>;
	/** Finds a snapshot that a run was made on. Throws `BASE_NOT_FOUND` where it has been collected. */
	reopenBase(treeId: TreeId): Base;
	/**
	 * Opens a session that begins as a recorded run did, as a child run of it: the program's calls are served from the record up to a point,
	 * with the tree as it was then, and executed from there. Its log is complete without the other run's, which is not
	 * written to. Throws `BASE_NOT_FOUND`, `TRACE_TAMPERED`, and `USAGE` for a call that the record does not have.
	 */
	forkRun(run: RunRecord, options?: ForkRunOptions): Promise<ForkedSession>;
	openPlayback(run: RunRecord, policy: "strict" | "report", options?: PlaybackOptions): PlaybackSession;
	/** Executes a run's calls again, each in a fresh transaction on the recorded base and under the recorded limits, and compares to the byte. */
	verify(run: RunRecord, how?: VerifyOptions): Promise<VerifyReport>;
	changesOf(run: RunRecord): Changeset;
	/** Checks a target before the work that leads there is done. Throws `REPOSITORY_NOT_FOUND`, `USAGE`, `STORE_BUSY`. */
	checkTarget(base: Base, to: CommitTarget): Promise<void>;
	/** Commits a kept run. Throws `CONFLICT`, `RUN_STATE`. */
	commitRun(run: RunRecord, to: CommitTarget): Promise<CommitReport>;
	/** Decides that a kept run's changes are dropped. Throws `RUN_STATE`. */
	rollbackRun(run: RunRecord): void;
	/** Tries the host. */
	probe(): Promise<readonly DriverReport[]>;
	/** Frees what no run refers to: snapshots, layers, blobs; before that the runs that are asked for. */
	collectGarbage(request: GarbageRequest): Promise<CollectedGarbage>;
}
