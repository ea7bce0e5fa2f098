import type { CanonicalValue } from "@retake/changeset";
import { commandResult, contentValue } from "./content-parts.ts";
import { fieldOf, isList, isObject, type Json, type JsonObject, parseJson, textField } from "./json.ts";
import { toCanonical } from "./to-canonical.ts";
import type { Speaker, TranscriptEvent } from "./transcript-event.ts";
import { type ReaderCounters, readMoment, type TranscriptOrigin, type TranscriptReader } from "./transcript-reader.ts";

const speakers: Readonly<Record<string, Speaker>> = {
	user: "user",
	assistant: "assistant",
	system: "system",
	developer: "system",
};

/** What a program tells its face while it works; what of it matters is repeated by a `response_item`. */
const messagesToTheFace =
	/^(user_message|agent_|token_count|task_|turn_|exec_command_|exec_approval|patch_apply_|mcp_tool_call_|web_search_|background_event|stream_error|error|warning|entered_|exited_|undo_|plan_|item_|thread_|context_compacted|view_image|session_configured|shutdown)/;

/** Reads a rollout of Codex: `{ timestamp, type, payload }` a line, or the bare items of its first versions. */
export class CodexReader implements TranscriptReader {
	readonly #counters: ReaderCounters;
	#searches = 0;
	#model: string | null = null;
	#origin: TranscriptOrigin = {
		agent: "codex",
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
		if (!isObject(entry)) return this.#counters.unknown.count("an entry that is no object");
		const payload = fieldOf(entry, "payload");
		const at = readMoment(entry["timestamp"]);
		const type = textField(entry, "type");
		if (!isObject(payload)) yield* this.#bare(entry, type, at);
		else if (type === "session_meta") this.#learn(payload);
		else if (type === "response_item") yield* this.#item(payload, at);
		else if (type === "turn_context") this.#model = textField(payload, "model") ?? this.#model;
		else if (type === "compacted") yield this.#say("system", textField(payload, "message") ?? "", at);
		else if (type === "event_msg") {
			const name = textField(payload, "type") ?? "no type";
			(messagesToTheFace.test(name) ? this.#counters.leftOut : this.#counters.unknown).count(`event_msg ${name}`);
		} else this.#counters.unknown.count(type ?? "an entry without a type");
	}

	/** The first versions wrote the session's description and its items without an envelope. */
	*#bare(entry: JsonObject, type: string | null, at: number | null): Iterable<TranscriptEvent> {
		if (type !== null) yield* this.#item(entry, at);
		else if (textField(entry, "id") !== null) this.#learn(entry);
		else if (textField(entry, "record_type") !== null)
			this.#counters.leftOut.count(`record ${textField(entry, "record_type") ?? ""}`);
		else this.#counters.unknown.count("an entry without a type");
	}

	#learn(session: JsonObject): void {
		this.#origin = {
			agent: "codex",
			version: textField(session, "cli_version") ?? this.#origin.version,
			session: this.#origin.session ?? textField(session, "id"),
			workspace: textField(session, "cwd") ?? this.#origin.workspace,
			title: null,
			begunAt: this.#origin.begunAt ?? readMoment(session["timestamp"]),
		};
	}

	*#item(item: JsonObject, at: number | null): Iterable<TranscriptEvent> {
		const type = textField(item, "type") ?? "no type";
		const callId = textField(item, "call_id") ?? textField(item, "id") ?? "";
		const called = (tool: string, input: CanonicalValue): TranscriptEvent => {
			return { kind: "called", at, scope: "/", callId, tool: tool.toWellFormed(), input };
		};
		switch (type) {
			case "message":
				yield* this.#message(item, at);
				return;
			case "reasoning":
				yield* this.#reasoning(item, at);
				return;
			case "function_call":
				yield called(textField(item, "name") ?? "unnamed", readArguments(fieldOf(item, "arguments")));
				return;
			case "custom_tool_call":
				yield called(textField(item, "name") ?? "unnamed", { input: toCanonical(fieldOf(item, "input") ?? null) });
				return;
			case "local_shell_call":
				yield called("local_shell", toCanonical(fieldOf(item, "action") ?? null));
				return;
			case "function_call_output":
			case "custom_tool_call_output":
			case "local_shell_call_output":
				yield answer(callId, fieldOf(item, "output"), at);
				return;
			case "web_search_call": {
				// Its results are not in the transcript, and its id is not always.
				const searchId = `search ${this.#searches++}`;
				const input = toCanonical(fieldOf(item, "action") ?? null);
				yield { kind: "called", at, scope: "/", callId: searchId, tool: "web_search", input };
				yield { kind: "answered", at, callId: searchId, result: { status: textField(item, "status") }, failure: null };
				return;
			}
			case "ghost_snapshot":
			case "compaction":
			case "compaction_summary":
				return this.#counters.leftOut.count(type);
			default:
				return this.#counters.unknown.count(type);
		}
	}

	*#message(item: JsonObject, at: number | null): Iterable<TranscriptEvent> {
		const role = textField(item, "role") ?? "";
		const speaker = speakers[role];
		if (speaker === undefined) return this.#counters.unknown.count(`message of ${role}`);
		const content = contentValue(fieldOf(item, "content"));
		const about = speaker === "assistant" && this.#model !== null ? { model: this.#model.toWellFormed() } : null;
		yield {
			kind: "said",
			at,
			scope: "/",
			speaker,
			input: typeof content === "string" ? { text: content } : { content },
			about,
		};
	}

	*#reasoning(item: JsonObject, at: number | null): Iterable<TranscriptEvent> {
		const parts = [fieldOf(item, "summary"), fieldOf(item, "content")].flatMap((list) => (isList(list) ? list : []));
		const texts = parts.flatMap((part) => textField(part, "text") ?? []);
		if (texts.length === 0) this.#counters.leftOut.count("reasoning that is encrypted");
		else yield this.#say("thinking", texts.join("\n"), at);
	}

	#say(speaker: Speaker, text: string, at: number | null): TranscriptEvent {
		return { kind: "said", at, scope: "/", speaker, input: { text: text.toWellFormed() }, about: null };
	}
}

function readArguments(value: Json | undefined): CanonicalValue {
	const parsed = typeof value === "string" ? parseJson(value) : value;
	return toCanonical(parsed === undefined ? { arguments: value ?? null } : parsed);
}

/** A result is a text, an object with a text, or the JSON text of such an object: it depends on the tool and the version. */
function answer(callId: string, output: Json | undefined, at: number | null): TranscriptEvent {
	const parsed = typeof output === "string" && output.startsWith("{") ? parseJson(output) : output;
	const whole = isObject(parsed) ? parsed : null;
	const exitCode = fieldOf(fieldOf(whole, "metadata"), "exit_code");
	if (typeof exitCode === "number" && whole !== null) {
		const result = { exitCode, output: contentValue(fieldOf(whole, "output")) };
		return { kind: "answered", at, callId, result, failure: null };
	}
	const inner = fieldOf(whole, "content") ?? fieldOf(whole, "body");
	const content = contentValue(inner ?? output ?? null);
	const failed = fieldOf(whole, "success") === false;
	const failure = failed ? (typeof content === "string" ? content : "the call failed") : null;
	return { kind: "answered", at, callId, result: commandResult(content), failure };
}
