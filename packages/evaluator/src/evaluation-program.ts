import type { BlobId, ChangesetId, RunId } from "@retake/base";
import type { AgentSession, RunVerdict } from "@retake/runtime";
import type { Reference } from "@retake/store";
import type { Check, Verdict } from "./evaluation.ts";
import { selectCandidate } from "./select-candidate.ts";

/** What an evaluation's own run does, kept in its header so that a replay can do it again. */
export interface EvaluationProgram {
	readonly kind: "evaluation";
	readonly checks: readonly Check[];
	/** Tests laid over each candidate's result, null for none; absent in records from before evaluations could be resumed. */
	readonly tests?: ChangesetId | null;
	readonly candidates: readonly CandidateIdentity[];
}

/** What makes a candidate the same candidate: its name, and the hash of its patch or its command. */
export type CandidateIdentity = {
	readonly name: string;
	readonly kind: "patch" | "command";
	/** SHA-256 of the patch or of the command's text, which lies in the blob store under that name. */
	readonly sha256: string;
};

/** What an evaluation's record holds of each candidate; the rest is in the candidate's own run. */
export type CandidateSummary = {
	readonly name: string;
	readonly runId: RunId | null;
	readonly verdict: Verdict;
	readonly reason: string | null;
	readonly patchBytes: number;
	/** What the candidate changed; null where it did not get that far. */
	readonly changesetId: ChangesetId | null;
};

/** Returns what must be kept as long as an evaluation's run, so that it can be resumed. */
export function sourcesOf({ tests = null, candidates }: EvaluationProgram): readonly Reference[] {
	const sources = candidates.map(({ sha256 }): Reference => ({ kind: "blob", id: sha256 as BlobId }));
	return tests === null ? sources : [...sources, { kind: "changeset", id: tests }];
}

/** Returns what an evaluation is remembered as. */
export function evaluationVerdict(selected: CandidateSummary | null): RunVerdict {
	return selected === null
		? { verdict: "none passed", failed: true }
		: { verdict: `selected ${selected.name}`, failed: false };
}

/** Has every candidate evaluated, chooses, and makes the chosen one's change the evaluation's own. Runs live and in playback. */
export async function runEvaluation(
	session: AgentSession,
	program: EvaluationProgram,
	evaluateCandidate: (index: number, signal: AbortSignal) => Promise<CandidateSummary>,
): Promise<{ readonly selected: CandidateSummary | null }> {
	const branches = program.candidates.map((identity, index) => () => {
		const work = (signal: AbortSignal) => evaluateCandidate(index, signal);
		return session.perform<CandidateSummary>("evaluate_candidate", { ...identity }, work);
	});
	const summaries = await session.parallel(branches);
	const name = selectCandidate(summaries);
	const selected = summaries.find((summary) => summary.name === name) ?? null;
	if (selected?.changesetId) await session.layOver(selected.changesetId, selected.runId ?? undefined);
	return { selected };
}
