import { RetakeError, type RunId } from "@retake/base";
import { decodeHeader, type ForkOrigin } from "@retake/recorder";
import type { AgentSession, EndedRun, ForkRunOptions, Runtime, RunVerdict } from "@retake/runtime";
import type { Reference, RunRecord } from "@retake/store";
import { decodeCandidateProgram } from "./candidate-program.ts";
import { sourcesOf } from "./evaluation-program.ts";
import { type RunAgain, recordedProgram } from "./recorded-program.ts";
import { refuseImported } from "./refuse-imported.ts";
import { evaluationProgramOf, resumeEvaluation } from "./resume-evaluation.ts";

/** How a run is continued. */
export interface ContinueOptions extends Pick<ForkRunOptions, "at" | "onDivergence" | "title"> {
	/** The program of a run that a library recorded; runs of a command, a candidate and an evaluation have their own on record. */
	readonly agent?: (session: AgentSession) => Promise<RunVerdict | void>;
	/** Cancels the calls that are executed. */
	readonly signal?: AbortSignal;
}

/** What the continuation of a run came to: a run of its own, its changes kept in the store unless a candidate failed or none passed. */
export interface ContinuedRun extends EndedRun, RunVerdict {
	/** The run that it continues. */
	readonly parentRunId: RunId;
	readonly state: "kept" | "rolled-back";
	readonly origin: ForkOrigin;
}

/**
 * Runs a run's program again, as a child run: its calls are served from the record up to a call, a divergence or the cut, and executed
 * from there. Throws `USAGE` where the program is not at hand, `DIVERGENCE`, `BASE_NOT_FOUND`, `TRACE_TAMPERED`, and what
 * the program throws; the child is then rolled back, its record stays.
 */
export async function continueRun(
	runtime: Runtime,
	run: RunRecord,
	options: ContinueOptions = {},
): Promise<ContinuedRun> {
	const { agent: _agent, signal: _signal, ...how } = options;
	refuseImported(run, "continued");
	const drive = programOf(runtime, run, options);
	await using session = await runtime.forkRun(run, { ...how, uses: usesOf(run) });
	const verdict = await drive(session);
	options.signal?.throwIfAborted();
	const isJudged = run.kind === "candidate" || run.kind === "evaluation";
	const state = isJudged && verdict.failed ? "rolled-back" : "kept";
	const ended = await (state === "kept" ? session.keep(verdict) : session.rollback(verdict));
	return { ...ended, ...verdict, parentRunId: run.runId, state, origin: session.origin };
}

/** What the run's program names, which is kept as long as its continuation. */
function usesOf(run: RunRecord): readonly Reference[] {
	if (run.kind === "evaluation") return sourcesOf(evaluationProgramOf(run));
	if (run.kind !== "candidate") return [];
	const { tests } = decodeCandidateProgram(decodeHeader(run.header).program);
	return tests === null ? [] : [{ kind: "changeset", id: tests }];
}

function programOf(runtime: Runtime, run: RunRecord, { agent, signal }: ContinueOptions): RunAgain {
	if (agent !== undefined) return async (session) => (await agent(session)) ?? { verdict: "done", failed: false };
	if (run.kind === "evaluation") return (session) => resumeEvaluation(runtime, run, session, signal);
	const program = recordedProgram(run, signal);
	if (program !== null) return program;
	if (run.kind === "command") {
		throw new RetakeError("USAGE", `the exchanges of run ${run.runId} come from its command, by a proxy`, {
			sort: "misuse",
			data: { runId: run.runId, kind: run.kind },
			remedy: `continue it with \`retake resume ${run.runId}\` or \`retake replay ${run.runId} --policy fork\``,
		});
	}
	throw new RetakeError("USAGE", `the program of run ${run.runId} is not on record, so it cannot go on`, {
		sort: "misuse",
		data: { runId: run.runId, kind: run.kind },
		remedy: "continue it from the library, with the agent that made it",
	});
}
