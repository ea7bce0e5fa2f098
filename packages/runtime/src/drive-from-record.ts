import { isRetakeError } from "@retake/base";
import type { Tape, Trace, TraceCall, TraceMarker } from "@retake/recorder";

/** What a driven record needs of a tape. */
export type DrivenTape = Pick<Tape, "call" | "parallel" | "scope" | "marker">;

/**
 * Issues a record's own calls again, in the order and with the overlap in which they were issued: what drives the playback of a run
 * whose program is not at hand. Proves that the record serves itself whole; only the real program can prove that it still agrees.
 */
export async function driveFromRecord(trace: Trace, tape: DrivenTape): Promise<void> {
	await driveScope("/", trace, tape);
}

type Step =
	| { readonly kind: "call"; readonly at: number; readonly endsAt: number; readonly call: TraceCall }
	| { readonly kind: "group"; readonly at: number; readonly endsAt: number; readonly scopes: readonly string[] }
	| {
			readonly kind: "scope";
			readonly at: number;
			readonly endsAt: number;
			readonly name: string;
			readonly path: string;
	  }
	| { readonly kind: "marker"; readonly at: number; readonly marker: TraceMarker };

/** Something that was begun, and where in the log it ended. */
interface Pending {
	readonly endsAt: number;
	readonly ended: Promise<unknown>;
}

async function driveScope(scope: string, trace: Trace, tape: DrivenTape): Promise<void> {
	let pending: readonly Pending[] = [];
	for (const step of stepsOf(scope, trace)) {
		for (const { endsAt, ended } of pending) if (endsAt < step.at) await ended;
		pending = pending.filter(({ endsAt }) => endsAt >= step.at);
		if (step.kind === "marker") {
			tape.marker(step.marker.name as "savepoint" | "rollback-to", step.marker.value);
			continue;
		}
		const ended = begin(step, trace, tape);
		// Awaited in its place; that it fails before is no news to anybody.
		ended.catch(() => {});
		pending = [...pending, { endsAt: step.endsAt, ended }];
	}
	await Promise.all(pending.map(({ ended }) => ended));
}

function begin(step: Exclude<Step, { kind: "marker" }>, trace: Trace, tape: DrivenTape): Promise<unknown> {
	switch (step.kind) {
		case "call":
			return issue(step.call, tape);
		case "group":
			return tape.parallel(step.scopes.map((branch) => () => driveScope(branch, trace, tape)));
		case "scope":
			return tape.scope(step.name, () => driveScope(step.path, trace, tape));
	}
}

function stepsOf(scope: string, trace: Trace): Step[] {
	const calls = trace.calls.filter((call) => call.address.scope === scope && call.outcome.kind !== "in-flight");
	const steps: Step[] = calls.map((call) => ({
		kind: "call",
		at: call.issuedSequence,
		endsAt: call.settledSequence ?? Infinity,
		call,
	}));
	for (const [group, branches] of groupsOf(scope, trace.calls)) {
		const scopes = Array.from(
			{ length: branches.last + 1 },
			(_, ordinal) => `${scope === "/" ? "" : scope}/${group}/${ordinal}`,
		);
		steps.push({ kind: "group", at: branches.firstIssued, endsAt: branches.endsAt, scopes });
	}
	steps.push(...namedScopesOf(scope, trace.calls));
	if (scope === "/") {
		const markers = trace.markers.filter((marker) => marker.name !== "end");
		steps.push(...markers.map((marker): Step => ({ kind: "marker", at: marker.logSequence, marker })));
	}
	return steps.sort((a, b) => a.at - b.at);
}

interface Span {
	firstIssued: number;
	endsAt: number;
}

const nothingYet: Span = { firstIssued: Infinity, endsAt: -1 };

function extend(span: Span, { issuedSequence, settledSequence }: TraceCall): void {
	span.firstIssued = Math.min(span.firstIssued, issuedSequence);
	span.endsAt = Math.max(span.endsAt, settledSequence ?? Infinity);
}

function groupsOf(scope: string, calls: readonly TraceCall[]): Map<number, Span & { last: number }> {
	const prefix = scope === "/" ? "/" : `${scope}/`;
	const groups = new Map<number, Span & { last: number }>();
	for (const call of calls) {
		if (!call.address.scope.startsWith(prefix)) continue;
		const [, group, ordinal] = /^(\d+)\/(\d+)(?:\/|$)/.exec(call.address.scope.slice(prefix.length)) ?? [];
		if (group === undefined) continue;
		const known = groups.get(Number(group)) ?? { ...nothingYet, last: 0 };
		groups.set(Number(group), known);
		known.last = Math.max(known.last, Number(ordinal));
		extend(known, call);
	}
	return groups;
}

/** A scope of a name is opened before later ones of that name, and where its first call was issued at the latest. */
function namedScopesOf(scope: string, calls: readonly TraceCall[]): Step[] {
	const prefix = scope === "/" ? "/" : `${scope}/`;
	const named = new Map<string, Span[]>();
	for (const call of calls) {
		if (!call.address.scope.startsWith(prefix)) continue;
		const [, name, ordinal] = /^([a-z][\w-]*):(\d+)(?:\/|$)/.exec(call.address.scope.slice(prefix.length)) ?? [];
		if (name === undefined) continue;
		const known = named.get(name) ?? [];
		named.set(name, known);
		while (known.length <= Number(ordinal)) known.push({ ...nothingYet });
		extend(known[Number(ordinal)] as Span, call);
	}
	return [...named].flatMap(([name, scopes]) =>
		scopes.map(({ endsAt }, ordinal): Step => {
			const at = Math.min(...scopes.slice(ordinal).map(({ firstIssued }) => firstIssued));
			return { kind: "scope", at, name, path: `${prefix}${name}:${ordinal}`, endsAt };
		}),
	);
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
