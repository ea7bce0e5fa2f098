import { type ChangesetId, isRetakeError, type RunId } from "@retake/base";
import { type CallAddress, endsOf, readTrace, type TraceCall } from "@retake/recorder";
import {
	compareOutcome,
	type EndedRun,
	type ExecutedAgain,
	layOverName,
	type Runtime,
	recordedSteps,
	type Session,
	type SessionSavepoint,
	type ToolInput,
	type ToolName,
	type VerifyDifference,
	type Watch,
} from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { refuseImported } from "./refuse-imported.ts";

/** How a run's actions are executed on another base. */
export interface ReapplyOptions extends Watch {
	/** `worktree` (the default) or a git ref. */
	readonly base?: string;
	/** Goes on after a call that came out otherwise, and reports all of them; otherwise the first ends it. */
	readonly keepGoing?: boolean;
}

/** What it came to: a run of its own, its changes kept in the store unless a difference ended it. */
export interface ReappliedRun extends EndedRun {
	/** The run whose actions were executed. */
	readonly of: RunId;
	/** Calls of tools in that run. */
	readonly calls: number;
	/** Those that were executed. */
	readonly executed: number;
	/** Those that somebody had cancelled: how far they got is nobody's doing, so they are not executed. */
	readonly skipped: readonly CallAddress[];
	readonly differences: readonly VerifyDifference[];
	readonly state: "kept" | "rolled-back";
}

/**
 * Executes the actions of a recorded run again in a fresh session on another base, and compares each result with the record.
 * Work of the agent's own is not done again: what it led to is in the calls. Throws what `freeze` and `startSession` throw.
 */
export async function reapplyRun(
	runtime: Runtime,
	run: RunRecord,
	options: ReapplyOptions = {},
): Promise<ReappliedRun> {
	refuseImported(run, "reapplied");
	const { base: asked = "worktree", keepGoing = false, ...watch } = options;
	const trace = readTrace(runtime.store, run.runId);
	const steps = [...recordedSteps(endsOf(trace))];
	const base = await runtime.freeze(asked, watch);
	const title = `reapplied: ${run.title}`;
	await using session = await runtime.startSession({ base, kind: "library", title, program: null });
	// A fork begins with what the run that it came from had changed.
	const began = trace.header.base.changesetId;
	if (began !== null) await session.layOver(began);
	const savepoints = new Map<number, SessionSavepoint>([[0, session.savepoint()]]);
	const differences: VerifyDifference[] = [];
	const skipped: CallAddress[] = [];
	let executed = 0;
	for (const step of steps) {
		if (step.kind === "marker") {
			const { depth } = step.marker.value as { readonly depth: number };
			const target = savepoints.get(depth);
			if (step.marker.name === "savepoint") savepoints.set(depth, session.savepoint());
			else if (target !== undefined) session.rollbackTo(target);
			continue;
		}
		watch.signal?.throwIfAborted();
		if (step.kind === "left") {
			await session.layOver(step.call.changesetId as ChangesetId);
			continue;
		}
		if (wasCancelled(step.call)) {
			skipped.push(step.call.address);
			continue;
		}
		executed++;
		const found = compareOutcome(step.call, await executeAgain(session, step.call, watch.signal));
		differences.push(...found);
		if (found.length > 0 && !keepGoing) break;
	}
	const stopped = differences.length > 0 && !keepGoing;
	const verdict = { verdict: differences.length === 0 ? "reapplied" : "differs", failed: differences.length > 0 };
	const ended = await (stopped ? session.rollback(verdict) : session.keep(verdict));
	const calls = steps.filter(({ kind }) => kind === "call").length;
	return { ...ended, of: run.runId, calls, executed, skipped, differences, state: stopped ? "rolled-back" : "kept" };
}

function wasCancelled({ outcome }: TraceCall): boolean {
	if (outcome.kind !== "result" || typeof outcome.value !== "object") return outcome.kind === "cancelled";
	return (outcome.value as { readonly cancelled?: unknown } | null)?.cancelled === true;
}

async function executeAgain(
	session: Session,
	{ identity, input }: TraceCall,
	signal: AbortSignal | undefined,
): Promise<ExecutedAgain> {
	const options = signal === undefined ? {} : { signal };
	try {
		if (identity.tool === layOverName) {
			await session.layOver((input as { readonly changesetId: ChangesetId }).changesetId);
			return { outcome: { kind: "result", value: null }, changesetId: undefined };
		}
		const value = await session.call(identity.tool as ToolName, input as ToolInput<ToolName>, options);
		return { outcome: { kind: "result", value: value as never }, changesetId: undefined };
	} catch (error) {
		if (!isRetakeError(error) || error.sort === "bug" || error.code === "SANDBOX_FAILED") throw error;
		return { outcome: { kind: "error", code: error.code }, changesetId: undefined };
	}
}
