import { type ChangesetId, isRetakeError, type RunId } from "@retake/base";
import { type Changeset, defaultPatchLimits, patchChunks } from "@retake/changeset";
import type { Base, Runtime, WarmSandboxes } from "@retake/runtime";
import type { Store } from "@retake/store";
import { type CandidateProgram, encodeCandidateProgram, runCandidate } from "./candidate-program.ts";
import type { EvaluationWatch } from "./evaluate.ts";
import type { Candidate, CandidateResult, Check } from "./evaluation.ts";
import type { CandidateSummary } from "./evaluation-program.ts";

/** What candidates are judged on, and by what. */
export interface JudgeParts {
	readonly runtime: Runtime;
	readonly base: Base;
	readonly checks: readonly Check[];
	/** Tests laid over a candidate's result; null for none. */
	readonly tests: ChangesetId | null;
	readonly warm: WarmSandboxes;
	readonly watch: EvaluationWatch;
	/** The evaluation that the candidates' runs belong to. */
	readonly evaluation: RunId;
}

/** A candidate that was judged. */
export interface JudgedCandidate {
	readonly result: CandidateResult;
	/** What it changed; null where it did not pass. */
	readonly changesetId: ChangesetId | null;
}

/** Runs a candidate, in a run of its own, and judges it. What fails is its verdict; throws where the work was cancelled or we have a bug. */
export async function judgeCandidate(parts: JudgeParts, candidate: Candidate): Promise<JudgedCandidate> {
	const { name } = candidate;
	const { signal, onProgress } = parts.watch;
	signal?.throwIfAborted();
	onProgress?.({ kind: "candidate-started", name });
	const judged = await judge(parts, candidate);
	onProgress?.({ kind: "candidate-ended", result: judged.result });
	return judged;
}

/** Returns what an evaluation's record holds of a judged candidate. */
export function summaryOf({ result, changesetId }: JudgedCandidate): CandidateSummary {
	const { name, runId, verdict, reason, patchBytes } = result;
	return { name, runId, verdict, reason, patchBytes, changesetId };
}

/** Returns the size of changes as a git diff. */
export function patchSize(changes: Changeset, store: Pick<Store, "blobs">): number {
	let bytes = 0;
	for (const chunk of patchChunks(changes, store.blobs)) bytes += chunk.length;
	return bytes;
}

async function judge(parts: JudgeParts, candidate: Candidate): Promise<JudgedCandidate> {
	const { name } = candidate;
	const bytesMax = defaultPatchLimits.bytes;
	if (candidate.kind === "patch" && candidate.patch.length > bytesMax) {
		const reason = `the patch has more than ${bytesMax} bytes`;
		return { result: emptyResult(name, "invalid-patch", reason), changesetId: null };
	}
	try {
		return await run(parts, candidate);
	} catch (error) {
		if (parts.watch.signal?.aborted || !isRetakeError(error) || error.sort === "bug") throw error;
		return { result: emptyResult(name, "error", error.message), changesetId: null };
	}
}

async function run(parts: JudgeParts, candidate: Candidate): Promise<JudgedCandidate> {
	const { runtime, base, checks, tests, warm, evaluation } = parts;
	const { name, ...source } = candidate;
	const { signal, onProgress } = parts.watch;
	const program: CandidateProgram = { kind: "candidate", name, source, tests, checks };
	await using session = await runtime.startSession({
		base,
		kind: "candidate",
		title: name,
		program: encodeCandidateProgram(program),
		uses: tests === null ? [] : [{ kind: "changeset", id: tests }],
		parentRunId: evaluation,
		warm,
	});
	const outcome = await runCandidate(session, program, {
		onCheckStarted: (check) => onProgress?.({ kind: "check-started", candidate: name, check }),
		onCheckEnded: ({ name: check, exitCode, durationMs }) =>
			onProgress?.({ kind: "check-ended", candidate: name, check, exitCode, durationMs }),
		...(signal === undefined ? {} : { signal }),
	});
	signal?.throwIfAborted();
	const passed = outcome.verdict === "pass";
	const verdict = { verdict: outcome.verdict, failed: !passed };
	const ended = await (passed ? session.keep(verdict) : session.rollback(verdict));
	const patchBytes = passed ? patchSize(ended.changes, runtime.store) : 0;
	return {
		result: { name, runId: session.runId, ...outcome, patchBytes },
		changesetId: passed ? ended.changesetId : null,
	};
}

function emptyResult(name: string, verdict: "invalid-patch" | "error", reason: string): CandidateResult {
	return { name, runId: null, verdict, reason, checks: [], changedPaths: [], patchBytes: 0 };
}
