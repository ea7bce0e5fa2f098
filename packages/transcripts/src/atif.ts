import type { CanonicalValue } from "@retake/changeset";
import { commandResult, contentValue } from "./content-parts.ts";
import { fieldOf, isList, isObject, type Json, type JsonObject, textField } from "./json.ts";
import { toCanonical } from "./to-canonical.ts";
import type { Speaker, TranscriptEvent } from "./transcript-event.ts";
import { type ReaderCounters, readMoment, type TranscriptOrigin, type TranscriptReader } from "./transcript-reader.ts";

/** What of a step is read, so that anything else in it is noticed. */
const stepFields: ReadonlySet<string> = new Set([
	"step_id",
	"timestamp",
	"source",
	"model_name",
	"reasoning_effort",
	"message",
	"reasoning_content",
	"tool_calls",
	"observation",
	"metrics",
	"extra",
	"llm_call_count",
	"is_copied_context",
]);

/** Reads a trajectory of the Agent Trajectory Interchange Format, given as one entry: the whole document. */
export class AtifReader implements TranscriptReader {
	readonly #counters: ReaderCounters;
	#subagents = 0;
	#origin: TranscriptOrigin = {
		agent: "atif",
		version: null,
		session: null,
		workspace: null,
		title: null,
		begunAt: null,
	};

	constructor(counters: ReaderCounters) {
		this.#counters = counters;
	}

	get origin(): TranscriptOrigin {
		return this.#origin;
	}

	*take(entry: Json): Iterable<TranscriptEvent> {
		const agent = fieldOf(entry, "agent");
		this.#origin = {
			agent: textField(agent, "name") ?? "atif",
			version: textField(agent, "version"),
			session: textField(entry, "session_id") ?? textField(entry, "trajectory_id"),
			workspace: null,
			title: null,
			begunAt: null,
		};
		yield* this.#trajectory(entry, "/");
	}

	*#trajectory(trajectory: Json, scope: string): Iterable<TranscriptEvent> {
		const model = textField(fieldOf(trajectory, "agent"), "model_name");
		for (const step of listField(trajectory, "steps")) {
			if (!isObject(step)) this.#counters.unknown.count("a step that is no object");
			else yield* this.#step(step, scope, model);
		}
		for (const embedded of listField(trajectory, "subagent_trajectories")) {
			yield* this.#trajectory(embedded, `${scope === "/" ? "" : scope}/${this.#subagents++}/0`);
		}
	}

	*#step(step: JsonObject, scope: string, agentModel: string | null): Iterable<TranscriptEvent> {
		for (const name of Object.keys(step))
			if (!stepFields.has(name)) this.#counters.unknown.count(`field ${name} of a step`);
		if (step["extra"] !== undefined && step["extra"] !== null) this.#counters.leftOut.count("extra of a step");
		const at = readMoment(step["timestamp"]);
		const source = textField(step, "source");
		if (source !== "user" && source !== "agent" && source !== "system") {
			return this.#counters.unknown.count(`a step of ${source ?? "nobody"}`);
		}
		const speaker: Speaker = source === "agent" ? "assistant" : source;
		const reasoning = textField(step, "reasoning_content");
		if (reasoning !== null && reasoning !== "") {
			yield { kind: "said", at, scope, speaker: "thinking", input: { text: reasoning.toWellFormed() }, about: null };
		}
		const message = contentValue(fieldOf(step, "message"));
		const about = source === "agent" ? aboutStep(step, agentModel) : null;
		const calls = listField(step, "tool_calls");
		// An agent that only calls says nothing, and what is known of the step stands with that.
		if ((message !== "" && message !== null) || (about !== null && calls.length === 0)) {
			yield {
				kind: "said",
				at,
				scope,
				speaker,
				input: typeof message === "string" ? { text: message } : { content: message },
				about,
			};
		}
		yield* this.#calls(step, calls, scope, at);
	}

	*#calls(step: JsonObject, calls: readonly Json[], scope: string, at: number | null): Iterable<TranscriptEvent> {
		// Names of calls are only unique within their step in some writers' files.
		const nameOf = (id: string): string => `${scope} ${JSON.stringify(step["step_id"] ?? null)} ${id}`;
		for (const call of calls) {
			const callId = nameOf(textField(call, "tool_call_id") ?? "");
			const tool = (textField(call, "function_name") ?? "unnamed").toWellFormed();
			yield { kind: "called", at, scope, callId, tool, input: toCanonical(fieldOf(call, "arguments") ?? null) };
		}
		const results = listField(fieldOf(step, "observation"), "results");
		for (const result of results) {
			const named = textField(result, "source_call_id");
			const only = calls.length === 1 && results.length === 1 ? textField(calls[0], "tool_call_id") : null;
			const source = named ?? only;
			const value = resultValue(result);
			if (source === null)
				yield { kind: "said", at, scope, speaker: "observation", input: { content: value }, about: null };
			else yield { kind: "answered", at, callId: nameOf(source), result: commandResult(value), failure: null };
		}
	}
}

function resultValue(result: Json): CanonicalValue {
	const content = contentValue(fieldOf(result, "content"));
	const delegated = fieldOf(result, "subagent_trajectory_ref");
	return delegated === undefined || delegated === null ? content : { content, subagents: toCanonical(delegated) };
}

function aboutStep(step: JsonObject, agentModel: string | null): CanonicalValue {
	const model = textField(step, "model_name") ?? agentModel;
	const metrics = fieldOf(step, "metrics");
	if (model === null && !isObject(metrics)) return null;
	return {
		...(model === null ? {} : { model: model.toWellFormed() }),
		...(isObject(metrics) ? { usage: toCanonical(metrics) } : {}),
	};
}

function listField(value: Json | undefined, name: string): readonly Json[] {
	const field = fieldOf(value, name);
	return isList(field) ? field : [];
}
