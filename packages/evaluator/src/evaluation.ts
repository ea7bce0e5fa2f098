import type { RunId } from "@retake/base";
import type { TreePath } from "@retake/changeset";

/** What became of a candidate. Only `error` is not the candidate's doing. */
export type Verdict = "pass" | "fail" | "timeout" | "out-of-memory" | "invalid-patch" | "policy" | "error";

/** A command that judges. It passes when it exits with 0. Each runs on the candidate's own result, untouched by the checks before. */
export interface Check {
	readonly name: string;
	/** Run by `/bin/sh -c` in the workspace. */
	readonly command: string;
}

/** A proposed change: a unified or git diff, or a command (an agent) that makes it inside the sandbox. */
export type Candidate =
	| { readonly kind: "patch"; readonly name: string; readonly patch: Uint8Array }
	| { readonly kind: "command"; readonly name: string; readonly command: string };

/** How one check of one candidate ended. */
export interface CheckResult {
	readonly name: string;
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly timedOut: boolean;
	readonly outOfMemory: boolean;
	/** From the record: issued to settled. */
	readonly durationMs: number;
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
	/** Bytes of output that came after the session's `outputBytes` and were dropped. */
	readonly droppedBytes: { readonly stdout: number; readonly stderr: number };
}

/** What one candidate came to. */
export interface CandidateResult {
	readonly name: string;
	/** Null where the run could not even begin. */
	readonly runId: RunId | null;
	readonly verdict: Verdict;
	/** Why, in a sentence; null for `pass`. */
	readonly reason: string | null;
	readonly checks: readonly CheckResult[];
	readonly changedPaths: readonly TreePath[];
	/** Size of the candidate's change as a git diff: what selection prefers less of. */
	readonly patchBytes: number;
}

/** Where the selected candidate went. */
export type Committed =
	| { readonly kind: "worktree"; readonly paths: number }
	| { readonly kind: "branch"; readonly branch: string; readonly oid: string }
	| { readonly kind: "patch"; readonly file: string; readonly bytes: number };

/** What an evaluation came to. */
export interface Evaluation {
	readonly runId: RunId;
	readonly base: { readonly treeId: string; readonly commit: string | null };
	/** In the order in which they were given. */
	readonly candidates: readonly CandidateResult[];
	/** Name of the candidate that was chosen; null where none passed. */
	readonly selected: string | null;
	/** Null where nothing was to be committed. */
	readonly committed: Committed | null;
}

/** What an evaluation tells while it runs. */
export type EvaluationProgress =
	| { readonly kind: "snapshot"; readonly files: number; readonly bytes: number }
	/** Submodules of the commit that is the base: empty directories in it. */
	| { readonly kind: "frozen"; readonly submodules: readonly TreePath[] }
	| { readonly kind: "setup"; readonly state: "started" | "cached" | "done" }
	| {
			readonly kind: "started";
			readonly runId: RunId;
			readonly candidates: readonly string[];
			readonly checks: readonly string[];
	  }
	| { readonly kind: "candidate-started"; readonly name: string }
	| { readonly kind: "check-started"; readonly candidate: string; readonly check: string }
	| {
			readonly kind: "check-ended";
			readonly candidate: string;
			readonly check: string;
			readonly exitCode: number | null;
			readonly durationMs: number;
	  }
	| { readonly kind: "candidate-ended"; readonly result: CandidateResult }
	| { readonly kind: "selected"; readonly name: string | null }
	| { readonly kind: "committing"; readonly name: string };
