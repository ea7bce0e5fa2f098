import { type ChangesetId, isRetakeError } from "@retake/base";
import type { Executed, Trace, TraceCall, TraceMarker } from "@retake/recorder";
import type { Savepoint, Transaction } from "@retake/txfs";
import type { CallExecutor } from "./call-executor.ts";
import { compareOutcome, type ExecutedAgain } from "./compare-outcome.ts";
import { layOverName } from "./live-session.ts";
import { recordedSteps } from "./recorded-steps.ts";
import type { VerifyDifference, VerifyReport } from "./runtime.ts";
import type { ToolName } from "./tools/standard-tools.ts";

/** Executes a recorded run's calls again, in the order in which they ended, and compares each with its record. */
export async function verifyRun(
	trace: Trace,
	transaction: Transaction,
	executor: CallExecutor,
	signal: AbortSignal,
): Promise<Omit<VerifyReport, "environment">> {
	const savepoints = new Map<number, Savepoint>([[0, transaction.savepoint()]]);
	const differences: VerifyDifference[] = [];
	let calls = 0;
	let equal = 0;
	for (const step of recordedSteps(trace)) {
		if (step.kind === "marker") {
			replayMarker(step.marker, transaction, savepoints);
			continue;
		}
		signal.throwIfAborted();
		calls++;
		const actual = await executeAgain(step.call, executor, signal);
		const found = compareOutcome(step.call, actual);
		if (found.length === 0) equal++;
		differences.push(...found);
	}
	return { runId: trace.header.runId, calls, equal, differences };
}

function replayMarker(marker: TraceMarker, transaction: Transaction, savepoints: Map<number, Savepoint>): void {
	const { depth } = marker.value as { readonly depth: number };
	if (marker.name === "savepoint") savepoints.set(depth, transaction.savepoint());
	const target = savepoints.get(depth);
	if (marker.name === "rollback-to" && target !== undefined) transaction.rollbackTo(target);
}

async function executeAgain(call: TraceCall, executor: CallExecutor, signal: AbortSignal): Promise<ExecutedAgain> {
	try {
		const executed = await execute(call, executor, signal);
		return { outcome: { kind: "result", value: executed.value }, changesetId: executed.changesetId };
	} catch (error) {
		if (!isRetakeError(error) || error.sort === "bug" || error.code === "SANDBOX_FAILED") throw error;
		return { outcome: { kind: "error", code: error.code }, changesetId: null };
	}
}

function execute(call: TraceCall, executor: CallExecutor, signal: AbortSignal): Promise<Executed> {
	if (call.identity.tool === layOverName) {
		return executor.layOver((call.input as { readonly changesetId: ChangesetId }).changesetId);
	}
	return executor.tool(call.identity.tool as ToolName, call.input, signal);
}
