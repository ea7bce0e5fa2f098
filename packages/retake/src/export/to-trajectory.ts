import type { CanonicalValue } from "@retake/changeset";
import { addressKey, errorWord, openTrace, type StoredTrace, type TraceCall } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { readImportedHeader } from "@retake/transcripts";
import { outcomeWords } from "../trace/describe-call.ts";
import { type JsonValue, jsonValue } from "../trace/json-value.ts";
import { valueField } from "../trace/value-field.ts";
import { version } from "../version.ts";

type Fields = Readonly<Record<string, JsonValue>>;

/** Who says what in a trajectory, by the name under which an imported run has it. */
const speakers: Readonly<Record<string, "user" | "agent" | "system">> = {
	user: "user",
	assistant: "agent",
	thinking: "agent",
	system: "system",
	observation: "system",
};

/**
 * Turns a run into one trajectory of the Agent Trajectory Interchange Format, version 1.4: a step for each call, with the call and what was
 * observed. What was said in an imported run is a step of who said it. Runs that came of the run are not in it. Steps are made when they are
 * asked for.
 */
export function toTrajectory(run: RunRecord, store: Store) {
	const trace = openTrace(store, run.runId);
	const imported = readImportedHeader(run);
	// What a run of ours was about is its title: a trajectory begins with what was asked for.
	const asked = imported === null ? [{ source: "user", timestamp: timeOf(run, 0), message: run.title }] : [];
	return {
		schema_version: "ATIF-v1.4",
		session_id: imported?.origin.session ?? run.runId,
		agent: { name: imported?.origin.agent ?? "retake", version: imported?.origin.version ?? version },
		steps: stepsOf(run, trace, asked),
		final_metrics: { total_steps: asked.length + trace.size },
		extra: { retake: { run_id: run.runId, verdict: run.verdict, root_hash: trace.rootHash, complete: trace.complete } },
	};
}

function* stepsOf(run: RunRecord, trace: StoredTrace, asked: readonly Fields[]): Iterable<Fields> {
	let steps = 0;
	for (const step of asked) yield { step_id: ++steps, ...step };
	for (const call of trace.calls()) yield { step_id: ++steps, ...stepOf(call, run) };
}

function stepOf(call: TraceCall, run: RunRecord): Fields {
	const { identity, input, address, issuedAtMs, settledAtMs } = call;
	const timestamp = timeOf(run, issuedAtMs);
	const speaker = run.kind === "imported" && identity.kind === "value" ? speakers[identity.tool] : undefined;
	if (speaker !== undefined) return { source: speaker, timestamp, ...messageOf(call) };
	const id = addressKey(address);
	const result = observed(call);
	return {
		source: "agent",
		timestamp,
		message: "",
		tool_calls: [{ tool_call_id: id, function_name: identity.tool, arguments: argumentsOf(jsonValue(input)) }],
		...(result === null ? {} : { observation: { results: [{ source_call_id: id, content: result }] } }),
		extra: {
			retake: {
				outcome: outcomeWords(call).words,
				duration_ms: settledAtMs === null ? null : settledAtMs - issuedAtMs,
				changeset: call.changesetId,
			},
		},
	};
}

function messageOf({ identity, input, outcome }: TraceCall): Fields {
	const said = jsonValue(valueField(input, "text") ?? valueField(input, "content") ?? input);
	const text = typeof said === "string" ? said : JSON.stringify(said);
	if (identity.tool === "thinking") return { message: "", reasoning_content: text };
	const model = outcome.kind === "result" ? valueField(outcome.value, "model") : undefined;
	return {
		message: text,
		...(identity.tool === "assistant" && typeof model === "string" ? { model_name: model } : {}),
	};
}

/** Arguments are an object by the format; anything else stands in one. */
function argumentsOf(input: JsonValue): JsonValue {
	return typeof input === "object" && input !== null && !Array.isArray(input) ? input : { input };
}

/** Writes what a call gave as the text that an agent would have read; null where it did not end. */
function observed({ outcome }: TraceCall): string | null {
	if (outcome.kind === "error") return `${errorWord(outcome.error)}: ${outcome.error.message}`;
	if (outcome.kind !== "result") return null;
	const streams = ["stdout", "stderr", "output"].map((name) => valueField(outcome.value, name));
	const exitCode = valueField(outcome.value, "exitCode");
	if (typeof exitCode === "number") {
		const code = `Exit code ${exitCode}\n`;
		return code + streams.flatMap((stream) => (stream === undefined ? [] : [textOf(stream)])).join("");
	}
	return textOf(outcome.value);
}

function textOf(value: CanonicalValue): string {
	const json = jsonValue(value);
	return typeof json === "string" ? json : JSON.stringify(json);
}

function timeOf({ startedAt }: RunRecord, milliseconds: number): string {
	return new Date(startedAt + milliseconds).toISOString();
}
