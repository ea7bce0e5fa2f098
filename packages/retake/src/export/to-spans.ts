import { sha256 } from "@retake/base";
import { addressKey, errorWord, openTrace, type StoredTrace, type TraceCall } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { jsonValue } from "../trace/json-value.ts";
import { version } from "../version.ts";

interface Attribute {
	readonly key: string;
	readonly value: { readonly stringValue: string };
}

interface Span {
	readonly traceId: string;
	readonly spanId: string;
	readonly parentSpanId?: string;
	readonly name: string;
	/** 1: internal. */
	readonly kind: 1;
	readonly startTimeUnixNano: string;
	readonly endTimeUnixNano: string;
	readonly attributes: readonly Attribute[];
	/** 2: error. Left unset where all is well: that is for who reads it to say. */
	readonly status: { readonly code?: 2; readonly message?: string };
}

const nanosecondsPerMillisecond = 1_000_000n;

/**
 * Turns runs into one OTLP/JSON request: a span for each run (`invoke_agent`) and each call of a tool in it (`execute_tool`), named by the
 * semantic conventions of OpenTelemetry for generative AI; readings of the clock and what was said have spans with attributes of ours. Ids derive
 * from the run's: the same run gives the same spans, which are made when they are asked for.
 */
export function toSpans(runs: readonly RunRecord[], store: Store) {
	const traceId = sha256(Buffer.from(runs[0]?.runId ?? "")).slice(0, 32);
	const resource = { attributes: [text("service.name", "retake"), text("service.version", version)] };
	const spans = spansOf(runs, traceId, store);
	return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "retake", version }, spans }] }] };
}

function* spansOf(runs: readonly RunRecord[], traceId: string, store: Store): Iterable<Span> {
	for (const run of runs) yield* spansOfRun(run, openTrace(store, run.runId), traceId);
}

function* spansOfRun(run: RunRecord, trace: StoredTrace, traceId: string): Iterable<Span> {
	const at = (milliseconds: number): string => String(BigInt(Math.round(milliseconds)) * nanosecondsPerMillisecond);
	const spanId = spanIdOf(run.runId);
	yield {
		traceId,
		spanId,
		...(run.parentRunId === null ? {} : { parentSpanId: spanIdOf(run.parentRunId) }),
		name: `invoke_agent ${run.title}`,
		kind: 1,
		startTimeUnixNano: at(run.startedAt),
		endTimeUnixNano: at(run.endedAt ?? run.startedAt + lastMsOf(trace)),
		attributes: [
			text("gen_ai.operation.name", "invoke_agent"),
			text("gen_ai.agent.name", run.title),
			text("gen_ai.conversation.id", run.runId),
			text("retake.run.kind", run.kind),
			text("retake.run.verdict", run.verdict ?? "cut off"),
			text("retake.run.root_hash", trace.rootHash),
		],
		status: run.failed === false ? {} : { code: 2 },
	};
	for (const call of trace.calls()) {
		const error = errorOf(call);
		yield {
			traceId,
			spanId: spanIdOf(`${run.runId} ${addressKey(call.address)}`),
			parentSpanId: spanId,
			name: `${call.identity.kind === "tool" ? "execute_tool" : "perform"} ${call.identity.tool}`,
			kind: 1,
			startTimeUnixNano: at(run.startedAt + call.issuedAtMs),
			endTimeUnixNano: at(run.startedAt + (call.settledAtMs ?? call.issuedAtMs)),
			attributes: [
				...(call.identity.kind === "tool" ? toolAttributes(call) : workAttributes(call)),
				...(error === null ? [] : [text("error.type", error.code)]),
				...(call.changesetId === null ? [] : [text("retake.call.changeset", call.changesetId)]),
			],
			status: error === null ? {} : { code: 2, message: error.message },
		};
	}
}

/** When the last thing happened in a run that has no end, milliseconds since it began. */
function lastMsOf(trace: StoredTrace): number {
	let last = 0;
	for (const call of trace.calls()) last = Math.max(last, call.settledAtMs ?? call.issuedAtMs);
	return last;
}

function toolAttributes({ identity, address, input, outcome }: TraceCall): readonly Attribute[] {
	return [
		text("gen_ai.operation.name", "execute_tool"),
		text("gen_ai.tool.name", identity.tool),
		text("gen_ai.tool.type", "function"),
		text("gen_ai.tool.call.id", addressKey(address)),
		text("gen_ai.tool.call.arguments", JSON.stringify(jsonValue(input))),
		...(outcome.kind === "result" ? [text("gen_ai.tool.call.result", JSON.stringify(jsonValue(outcome.value)))] : []),
	];
}

/** What was read from a clock, drawn or said is no tool's work, and the conventions have no name for it. */
function workAttributes({ identity, address, input, outcome }: TraceCall): readonly Attribute[] {
	return [
		text("retake.work.name", identity.tool),
		text("retake.call.address", addressKey(address)),
		text("retake.work.input", JSON.stringify(jsonValue(input))),
		...(outcome.kind === "result" ? [text("retake.work.result", JSON.stringify(jsonValue(outcome.value)))] : []),
	];
}

function errorOf({ outcome }: TraceCall): { readonly code: string; readonly message: string } | null {
	switch (outcome.kind) {
		case "result":
			return null;
		case "error":
			return { code: errorWord(outcome.error), message: outcome.error.message };
		case "cancelled":
			return { code: "CANCELLED", message: "the call was cancelled" };
		case "in-flight":
			return { code: "IN_FLIGHT", message: "the run was cut off before the call ended" };
	}
}

function spanIdOf(name: string): string {
	return sha256(Buffer.from(name)).slice(0, 16);
}

function text(key: string, value: string): Attribute {
	return { key, value: { stringValue: value } };
}
