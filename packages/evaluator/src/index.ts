export {
	type CandidateOutcome,
	type CandidateProgram,
	decodeCandidateProgram,
	runCandidate,
} from "./candidate-program.ts";
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
export { type ReplayOptions, replay } from "./replay.ts";
export { selectCandidate } from "./select-candidate.ts";
