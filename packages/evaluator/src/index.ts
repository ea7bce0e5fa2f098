export {
	type CandidateOutcome,
	type CandidateProgram,
	decodeCandidateProgram,
	runCandidate,
} from "./candidate-program.ts";
export { type ContinuedRun, type ContinueOptions, continueRun } from "./continue-run.ts";
export { type EvaluationWatch, evaluate } from "./evaluate.ts";
export { type CheckedEvaluateOptions, type EvaluateOptions, evaluateOptionsSchema } from "./evaluate-options.ts";
export type {
	Candidate,
	CandidateResult,
	Check,
	CheckResult,
	Committed,
	Evaluation,
	EvaluationProgress,
	Verdict,
} from "./evaluation.ts";
export { type ReappliedRun, type ReapplyOptions, reapplyRun } from "./reapply-run.ts";
export { type ForkingReplayOptions, type ReplayOptions, replay } from "./replay.ts";
export { selectCandidate } from "./select-candidate.ts";
