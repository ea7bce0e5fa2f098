import type { AgentSession, PlaybackReport, Runtime, RunVerdict } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { type ContinuedRun, type ContinueOptions, continueRun } from "./continue-run.ts";
import { evaluationVerdict, runEvaluation } from "./evaluation-program.ts";
import { recordedProgram } from "./recorded-program.ts";
import { refuseImported } from "./refuse-imported.ts";
import { evaluationProgramOf } from "./resume-evaluation.ts";

/** How a run is played back. */
export interface ReplayOptions {
	/** `strict` (the default) stops at the first divergence; `report` goes on while later calls match. */
	readonly policy?: "strict" | "report";
	/** The program of a run that a library recorded; without it the record's own calls are issued again. */
	readonly agent?: (session: AgentSession) => Promise<RunVerdict | void>;
	/** Recorded delays between what the program does and what it is handed, times this: 0 (the default) as fast as it goes, 1 as it was. */
	readonly timeScale?: number;
}

/** How a run is played back that goes live where its program does something else. */
export interface ForkingReplayOptions extends Pick<ContinueOptions, "agent" | "signal"> {
	/** From the first divergence on, calls are executed. The whole is a run of its own. */
	readonly policy: "fork";
}

/**
 * Plays a run back under the policy `fork`: a child run is recorded that is served while its calls match, and goes live at the
 * first divergence. Throws as `continueRun` does.
 */
export function replay(runtime: Runtime, run: RunRecord, options: ForkingReplayOptions): Promise<ContinuedRun>;
/**
 * Plays a run back: its program runs again, and every call is served from the record. Executes nothing and touches nothing outside the
 * store. Divergences are in the report; the recomputed root hash proves the rest. Throws `TRACE_TAMPERED`, and `USAGE` for an imported run.
 */
export function replay(runtime: Runtime, run: RunRecord, options?: ReplayOptions): Promise<PlaybackReport>;
export async function replay(
	runtime: Runtime,
	run: RunRecord,
	options: ReplayOptions | ForkingReplayOptions = {},
): Promise<PlaybackReport | ContinuedRun> {
	refuseImported(run, "replayed");
	if (options.policy === "fork") {
		const { policy: _policy, ...how } = options;
		return continueRun(runtime, run, { ...how, onDivergence: "go-live" });
	}
	return playBack(runtime, run, options);
}

async function playBack(runtime: Runtime, run: RunRecord, options: ReplayOptions): Promise<PlaybackReport> {
	const { policy = "strict", timeScale = 0 } = options;
	const session = runtime.openPlayback(run, policy, { timeScale });
	const drive = async (): Promise<RunVerdict> => {
		if (options.agent !== undefined) return (await options.agent(session)) ?? session.recordedVerdict;
		if (run.kind === "evaluation") return evaluateAgain(session, run);
		const program = recordedProgram(run);
		if (program !== null) return program(session);
		await session.driveFromRecord();
		return session.recordedVerdict;
	};
	return session.finishAfter(drive);
}

async function evaluateAgain(session: AgentSession, run: RunRecord): Promise<RunVerdict> {
	const { selected } = await runEvaluation(session, evaluationProgramOf(run), refuseToEvaluate);
	return evaluationVerdict(selected);
}

async function refuseToEvaluate(): Promise<never> {
	throw new TypeError("playback evaluates nothing");
}
