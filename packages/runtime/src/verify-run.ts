import { type ChangesetId, isRetakeError } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import type { Executed, Trace, TraceCall, TraceMarker } from "@retake/recorder";
import type { Savepoint, Transaction } from "@retake/txfs";
import type { CallExecutor } from "./call-executor.ts";
import { differenceCause } from "./difference-cause.ts";
import { layOverSignature } from "./live-session.ts";
import type { VerifyDifference, VerifyReport } from "./runtime.ts";
import { standardTools, type ToolName } from "./tools/standard-tools.ts";

/** Executes a recorded run's calls again, in the order in which they ended, and compares each with its record. */
export async function verifyRun(
	trace: Trace,
	transaction: Transaction,
	executor: CallExecutor,
	signal: AbortSignal,
): Promise<VerifyReport> {
	const savepoints = new Map<number, Savepoint>([[0, transaction.savepoint()]]);
	const differences: VerifyDifference[] = [];
	let calls = 0;
	let equal = 0;
	for (const step of stepsOf(trace)) {
		if (step.kind === "marker") {
			replayMarker(step.marker, transaction, savepoints);
			continue;
		}
		signal.throwIfAborted();
		calls++;
		const actual = await executeAgain(step.call, executor, signal);
		const found = compareCall(step.call, actual);
		if (found.length === 0) equal++;
		differences.push(...found);
	}
	return { runId: trace.header.runId, calls, equal, differences };
}

type Step =
	| { readonly kind: "call"; readonly call: TraceCall }
	| { readonly kind: "marker"; readonly marker: TraceMarker };

function stepsOf(trace: Trace): Step[] {
	const placed: { readonly at: number; readonly step: Step }[] = [];
	for (const call of trace.calls) {
		if (!isExecutable(call) || call.settledSequence === null) continue;
		if (call.outcome.kind !== "result" && call.outcome.kind !== "error") continue;
		placed.push({ at: call.settledSequence, step: { kind: "call", call } });
	}
	for (const marker of trace.markers) {
		if (marker.name !== "end") placed.push({ at: marker.logSequence, step: { kind: "marker", marker } });
	}
	return placed.sort((a, b) => a.at - b.at).map(({ step }) => step);
}

/** Work of the agent's own is on record only by its name; what it did can be done again by nobody but the agent. */
function isExecutable({ identity: { kind, tool } }: TraceCall): boolean {
	return kind === "tool" && (tool === layOverSignature.name || Object.hasOwn(standardTools, tool));
}

function replayMarker(marker: TraceMarker, transaction: Transaction, savepoints: Map<number, Savepoint>): void {
	const { depth } = marker.value as { readonly depth: number };
	if (marker.name === "savepoint") savepoints.set(depth, transaction.savepoint());
	const target = savepoints.get(depth);
	if (marker.name === "rollback-to" && target !== undefined) transaction.rollbackTo(target);
}

interface Actual {
	readonly outcome:
		| { readonly kind: "result"; readonly value: CanonicalValue }
		| { readonly kind: "error"; readonly code: string };
	readonly changesetId: ChangesetId | null;
}

async function executeAgain(call: TraceCall, executor: CallExecutor, signal: AbortSignal): Promise<Actual> {
	try {
		const executed = await execute(call, executor, signal);
		return { outcome: { kind: "result", value: executed.value }, changesetId: executed.changesetId };
	} catch (error) {
		if (!isRetakeError(error) || error.sort === "bug" || error.code === "SANDBOX_FAILED") throw error;
		return { outcome: { kind: "error", code: error.code }, changesetId: null };
	}
}

function execute(call: TraceCall, executor: CallExecutor, signal: AbortSignal): Promise<Executed> {
	if (call.identity.tool === layOverSignature.name) {
		return executor.layOver((call.input as { readonly changesetId: ChangesetId }).changesetId);
	}
	return executor.tool(call.identity.tool as ToolName, call.input, signal);
}

function compareCall(call: TraceCall, actual: Actual): VerifyDifference[] {
	const { address, identity } = call;
	const differences: VerifyDifference[] = [];
	const compare = (field: VerifyDifference["field"], recorded: string, now: string) => {
		if (recorded === now) return;
		differences.push({
			address,
			tool: identity.tool,
			field,
			cause: differenceCause(recorded, now),
			recorded,
			actual: now,
		});
	};
	const recorded = call.outcome;
	if (recorded.kind === "result" && actual.outcome.kind === "result" && identity.tool === "exec") {
		const before = recorded.value as unknown as ExecFields;
		const after = actual.outcome.value as unknown as ExecFields;
		compare("exitCode", String(before.exitCode ?? before.signal), String(after.exitCode ?? after.signal));
		compare("stdout", latin1(before.stdout), latin1(after.stdout));
		compare("stderr", latin1(before.stderr), latin1(after.stderr));
	} else {
		compare("outcome", describe(recorded), describe(actual.outcome));
	}
	compare("changeset", String(call.changesetId), String(actual.changesetId));
	return differences;
}

interface ExecFields {
	readonly exitCode: number | null;
	readonly signal: string | null;
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
}

function describe(outcome: TraceCall["outcome"] | Actual["outcome"]): string {
	if (outcome.kind === "error") return `error ${"error" in outcome ? outcome.error.code : outcome.code}`;
	return outcome.kind === "result" ? `result ${hashCanonical(outcome.value)}` : outcome.kind;
}

function latin1(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("latin1");
}
