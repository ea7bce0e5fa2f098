export {
	defaultLimits,
	type ErrorCode,
	errorCodes,
	isRetakeError,
	RetakeError,
	type RunId,
	type SandboxLimits,
} from "@retake/base";
export type { Change, Changeset, TreeNode, TreePath } from "@retake/changeset";
export type {
	Candidate,
	CandidateResult,
	Check,
	CheckResult,
	Committed,
	ContinuedRun,
	ContinueOptions,
	Evaluation,
	EvaluationProgress,
	EvaluationWatch,
	ReplayOptions,
	Verdict,
} from "@retake/evaluator";
export type {
	CallAddress,
	Divergence,
	ForkOrigin,
	IgnoreRule,
	TraceDiff,
	TraceDiffOptions,
	TraceDiffRow,
} from "@retake/recorder";
export {
	type AgentSession,
	type BackgroundProcess,
	type CommitReport,
	type CommitTarget,
	type EndedRun,
	type Fetch,
	openRecorder,
	openSession,
	openTransaction,
	type PlaybackReport,
	type ProcessEnd,
	type ProcessInput,
	type ProcessOutput,
	type RecordedTool,
	type RecordedTools,
	type RecorderOptions,
	type RuntimeOptions,
	type RunVerdict,
	type Session,
	type SessionOptions,
	type StandardSchema,
	type StartOptions,
	type StoppedProcess,
	type ToolContext,
	type ToolInput,
	type ToolName,
	type ToolOutput,
	type TransactionOptions,
	type WorkspaceTransaction,
	type WrapFetchOptions,
	type WrapOptions,
} from "@retake/runtime";
export type { EvalConfiguration } from "./evaluation/eval-configuration.ts";
export { continueRun } from "./library/continue-run.ts";
export { diffRuns, type RunsDiff } from "./library/diff-runs.ts";
export { type EvaluationRequest, evaluate } from "./library/evaluate.ts";
export type { RecordOptions } from "./library/record-options.ts";
export { replay } from "./library/replay.ts";
export type { TreeDifference, TreePathDifference } from "./trace/diff/tree-difference.ts";
