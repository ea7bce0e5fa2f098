import { isRetakeError } from "@retake/base";
import type { Tape, Trace, TraceCall, TraceMarker } from "@retake/recorder";

/** What a driven record needs of a tape. */
export type DrivenTape = Pick<Tape, "call" | "parallel" | "marker">;

/**
 * Issues a record's own calls again, in the order and with the overlap in which they were issued: what drives the playback of a run
 * whose program is not at hand. Proves that the record serves itself whole; only the real program can prove that it still agrees.
 */
export async function driveFromRecord(trace: Trace, tape: DrivenTape): Promise<void> {
	await driveScope("/", trace, tape);
}

type Step =
	| { readonly kind: "call"; readonly at: number; readonly call: TraceCall }
	| { readonly kind: "group"; readonly at: number; readonly scopes: readonly string[] }
	| { readonly kind: "marker"; readonly at: number; readonly marker: TraceMarker };

async function driveScope(scope: string, trace: Trace, tape: DrivenTape): Promise<void> {
	const pending = new Map<number, Promise<unknown>>();
	for (const step of stepsOf(scope, trace)) {
		for (const [settledAt, ended] of pending) {
			if (settledAt >= step.at) continue;
			await ended;
			pending.delete(settledAt);
		}
		if (step.kind === "call")
			pending.set(step.call.settledSequence ?? Number.POSITIVE_INFINITY, issue(step.call, tape));
		else if (step.kind === "group")
			await tape.parallel(step.scopes.map((branch) => () => driveScope(branch, trace, tape)));
		else tape.marker(step.marker.name as "savepoint" | "rollback-to", step.marker.value);
	}
	await Promise.all(pending.values());
}

function stepsOf(scope: string, trace: Trace): Step[] {
	const calls = trace.calls.filter((call) => call.address.scope === scope && call.outcome.kind !== "in-flight");
	const steps: Step[] = calls.map((call) => ({ kind: "call", at: call.issuedSequence, call }));
	for (const [group, branches] of groupsOf(scope, trace.calls)) {
		const scopes = Array.from(
			{ length: branches.last + 1 },
			(_, ordinal) => `${scope === "/" ? "" : scope}/${group}/${ordinal}`,
		);
		steps.push({ kind: "group", at: branches.firstIssued, scopes });
	}
	if (scope === "/") {
		const markers = trace.markers.filter((marker) => marker.name !== "end");
		steps.push(...markers.map((marker): Step => ({ kind: "marker", at: marker.logSequence, marker })));
	}
	return steps.sort((a, b) => a.at - b.at);
}

function groupsOf(scope: string, calls: readonly TraceCall[]): Map<number, { last: number; firstIssued: number }> {
	const prefix = scope === "/" ? "/" : `${scope}/`;
	const groups = new Map<number, { last: number; firstIssued: number }>();
	for (const { address, issuedSequence } of calls) {
		if (!address.scope.startsWith(prefix) || address.scope === scope) continue;
		const [group, ordinal] = address.scope.slice(prefix.length).split("/").map(Number);
		if (group === undefined || ordinal === undefined) continue;
		const known = groups.get(group) ?? { last: 0, firstIssued: issuedSequence };
		groups.set(group, {
			last: Math.max(known.last, ordinal),
			firstIssued: Math.min(known.firstIssued, issuedSequence),
		});
	}
	return groups;
}

async function issue(call: TraceCall, tape: DrivenTape): Promise<void> {
	const { kind, tool: name, schemaHash } = call.identity;
	const cancel = new AbortController();
	try {
		const { signal } = cancel;
		const ended = tape.call({ tool: { kind, name, schemaHash }, input: call.input, execute: refuseToExecute, signal });
		// What was delivered before the cancellation still is: the log has its place.
		if (call.outcome.kind === "cancelled") cancel.abort();
		await ended;
	} catch (error) {
		if (call.outcome.kind === "result" || isRetakeError(error, "DIVERGENCE")) throw error;
	}
}

async function refuseToExecute(): Promise<never> {
	throw new TypeError("playback executes nothing");
}
