import { availableParallelism } from "node:os";
import { type BlobId, isRetakeError, RetakeError, type RunId } from "@retake/base";
import { decodeHeader } from "@retake/recorder";
import { type AgentSession, type Runtime, type RunVerdict, WarmSandboxes } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import pLimit from "p-limit";
import { decodeCandidateProgram, runCandidate } from "./candidate-program.ts";
import type { Candidate } from "./evaluation.ts";
import {
	type CandidateIdentity,
	type CandidateSummary,
	type EvaluationProgram,
	evaluationVerdict,
	runEvaluation,
} from "./evaluation-program.ts";
import { type JudgeParts, judgeCandidate, patchSize, summaryOf } from "./judge-candidate.ts";

/** Returns the program of an evaluation's run, which its header keeps. */
export function evaluationProgramOf(run: RunRecord): EvaluationProgram {
	return decodeHeader(run.header).program as unknown as EvaluationProgram;
}

/**
 * Runs an evaluation's program again on a session that begins as its run did. Candidates that the record has an end of are served by it; one whose own run
 * has ended is not run again either, since that run says what it came to. The others are run, as children of the session's run. Throws `USAGE` where the
 * record does not have what a candidate is.
 */
export async function resumeEvaluation(
	runtime: Runtime,
	run: RunRecord,
	session: AgentSession,
	signal?: AbortSignal,
): Promise<RunVerdict> {
	const program = evaluationProgramOf(run);
	const { tests } = program;
	if (tests === undefined) throw sourcesMissing(run.runId);
	await using warm = new WarmSandboxes();
	const { treeId, commit } = decodeHeader(run.header).base;
	const parts: JudgeParts = {
		runtime,
		base: { ...runtime.reopenBase(treeId), commit },
		checks: program.checks,
		tests,
		warm,
		watch: signal === undefined ? {} : { signal },
		evaluation: session.runId,
	};
	const inTurn = pLimit(availableParallelism());
	const ended = endedCandidates(runtime, run.runId);
	const { selected } = await runEvaluation(session, program, (index) =>
		inTurn(async () => {
			const identity = program.candidates[index] as CandidateIdentity;
			const candidateRun = ended.get(identity.name);
			if (candidateRun !== undefined) return summaryOfRun(runtime, candidateRun);
			return summaryOf(await judgeCandidate(parts, sourceOf(runtime, run.runId, identity)));
		}),
	);
	signal?.throwIfAborted();
	return evaluationVerdict(selected);
}

/** Candidates that came to their end although the evaluation was cut off before it could write that down. */
function endedCandidates(runtime: Runtime, evaluation: RunId): ReadonlyMap<string, RunRecord> {
	const children = runtime.store.runs.list({ parentRunId: evaluation });
	const ended = children.filter(({ kind, state }) => kind === "candidate" && state !== "open");
	return new Map(ended.map((run) => [run.title, run]));
}

/** Plays a candidate's run back: what it came to is what its program says of its record, and nothing is executed. */
async function summaryOfRun(runtime: Runtime, run: RunRecord): Promise<CandidateSummary> {
	const program = decodeCandidateProgram(decodeHeader(run.header).program);
	const playback = runtime.openPlayback(run, "strict");
	const { verdict, reason } = await runCandidate(playback, program);
	const passed = verdict === "pass";
	const patchBytes = passed ? patchSize(runtime.changesOf(run), runtime.store) : 0;
	const { title: name, runId } = run;
	return { name, runId, verdict, reason, patchBytes, changesetId: passed ? run.changesetId : null };
}

function sourceOf({ store }: Runtime, runId: RunId, { name, kind, sha256 }: CandidateIdentity): Candidate {
	try {
		const source = store.blobs.read(sha256 as BlobId);
		if (kind === "patch") return { kind, name, patch: source };
		return { kind, name, command: Buffer.from(source).toString("utf8") };
	} catch (cause) {
		if (isRetakeError(cause, "BLOB_NOT_FOUND")) throw sourcesMissing(runId, cause);
		throw cause;
	}
}

function sourcesMissing(runId: RunId, cause?: unknown): RetakeError {
	return new RetakeError("USAGE", `the record of evaluation ${runId} does not have what its candidates are`, {
		sort: "misuse",
		cause,
		data: { runId },
		remedy: "evaluate again, or continue one of its candidates, which `retake runs` lists",
	});
}
