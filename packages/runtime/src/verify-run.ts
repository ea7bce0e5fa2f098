import { type ChangesetId, isRetakeError } from "@retake/base";
import type { CallSummary, Divergence, Executed, StoredTrace, TraceCall, TraceMarker } from "@retake/recorder";
import type { Savepoint, Transaction } from "@retake/txfs";
import type { CallExecutor } from "./call-executor.ts";
import { compareOutcome, type ExecutedAgain } from "./compare-outcome.ts";
import { layOverName } from "./live-session.ts";
import { recordedSteps } from "./recorded-steps.ts";
import { RecordedWorkspace } from "./recorded-workspace.ts";
import type { VerifyDifference, VerifyReport } from "./runtime.ts";
import type { ToolName } from "./tools/standard-tools.ts";

/** Calls named in a divergence as having come before it. */
const verifyPrecedingMax = 5;

/** How calls are executed again. */
export interface VerifyRunOptions {
	readonly policy: "strict" | "report";
	readonly signal: AbortSignal;
}

/** Executes a recorded run's calls again, in the order in which they ended, and compares each, and the workspace after it, with its record. */
export async function verifyRun(
	trace: StoredTrace,
	transaction: Transaction,
	executor: CallExecutor,
	{ policy, signal }: VerifyRunOptions,
): Promise<Omit<VerifyReport, "environment">> {
	const savepoints = new Map<number, Savepoint>([[0, transaction.savepoint()]]);
	const workspace = new RecordedWorkspace(trace.header.base.treeId, transaction.changes(), executor.changesets);
	const differences: VerifyDifference[] = [];
	const divergences: Divergence[] = [];
	let preceding: readonly CallSummary[] = [];
	let calls = 0;
	let equal = 0;
	for (const step of recordedSteps(trace.ends())) {
		if (step.kind === "marker") {
			replayMarker(step.marker, transaction, savepoints);
			workspace.marker(step.marker, transaction.changes());
			continue;
		}
		signal.throwIfAborted();
		if (step.kind === "left") {
			await executor.layOver(step.call.changesetId as ChangesetId);
			continue;
		}
		calls++;
		const { call } = step;
		const actual = await executeAgain(call, executor, signal);
		const found = compareOutcome(call, actual);
		const wasEqual = workspace.isEqual;
		workspace.note(call.changesetId, actual.changesetId === null ? null : transaction.changes());
		if (found.length === 0) equal++;
		differences.push(...found);
		const outputs = found.filter(({ field }) => field !== "changeset");
		const summary = { address: call.address, identity: call.identity, input: call.input };
		const describe = (kind: "output" | "state", message: string): void => {
			const { address } = summary;
			const same = { recorded: summary, actual: summary, inputDifference: [], candidates: [] };
			divergences.push({ kind, address, message, ...same, preceding });
		};
		if (outputs.length > 0) {
			const fields = outputs.map(({ field, cause }) => `${field} (${cause})`).join(", ");
			describe("output", `executed again, ${call.identity.tool} came out otherwise: ${fields}`);
		}
		if (!workspace.isEqual && (wasEqual || outputs.length < found.length)) {
			const { recorded, actual: now } = workspace.hashes;
			describe("state", `after ${call.identity.tool} the workspace is ${now}; recorded is ${recorded}`);
		}
		preceding = [...preceding, summary].slice(-verifyPrecedingMax);
		if (policy === "strict" && found.length > 0) break;
	}
	return { runId: trace.header.runId, calls, equal, differences, divergences };
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
