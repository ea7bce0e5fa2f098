import type { ChangesetId, RunId } from "@retake/base";
import type { AgentSession } from "@retake/runtime";
import type { Check, Verdict } from "./evaluation.ts";
import { selectCandidate } from "./select-candidate.ts";

/** What an evaluation's own run does, kept in its header so that a replay can do it again. */
export interface EvaluationProgram {
	readonly kind: "evaluation";
	readonly checks: readonly Check[];
	readonly candidates: readonly CandidateIdentity[];
}

/** What makes a candidate the same candidate: its name, and the hash of its patch or its command. */
export type CandidateIdentity = {
	readonly name: string;
	readonly kind: "patch" | "command";
	/** SHA-256 of the patch or of the command's text. */
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
