import type { CanonicalValue } from "@retake/changeset";
import { commandResult, contentValue, imageValue } from "./content-parts.ts";
import { fieldOf, isList, isObject, type Json, type JsonObject, textField } from "./json.ts";
import { toCanonical } from "./to-canonical.ts";
import type { Speaker, TranscriptEvent } from "./transcript-event.ts";
import { type ReaderCounters, readMoment, type TranscriptOrigin, type TranscriptReader } from "./transcript-reader.ts";

/** Entries that keep the program's own books and hold neither a call nor a message. */
const bookkeeping: ReadonlySet<string> = new Set([
	"agent-name",
	"ai-title",
	"attachment",
	"custom-title",
	"file-history-snapshot",
	"last-prompt",
	"mode",
	"permission-mode",
	"pr-link",
	"progress",
	"queue-operation",
	"summary",
	"tag",
]);

/** Reads a session of Claude Code: one entry a line, messages whose content is blocks, sub-agents as side chains of the same file. */
export class ClaudeCodeReader implements TranscriptReader {
	readonly #counters: ReaderCounters;
	/** Scope of each entry of a side chain by its id: those that follow it belong there too. */
	readonly #sideScopes = new Map<string, string>();
	readonly #agentScopes = new Map<string, string>();
	/** The last message of each scope: one is written as an entry for each block, and what is known of it is told with the first. */
	readonly #toldMessages = new Map<string, string | null>();
	#origin: TranscriptOrigin = {
		agent: "claude-code",
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
		const type = textField(entry, "type");
		if (!isObject(entry) || type === null) return this.#counters.unknown.count("an entry without a type");
		this.#learn(entry);
		if (type === "user" || type === "assistant") yield* this.#message(entry, type);
		else if (type === "system") yield* this.#system(entry);
		else if (bookkeeping.has(type)) this.#counters.leftOut.count(type);
		else this.#counters.unknown.count(type);
	}

	#learn(entry: JsonObject): void {
		const { version, session, workspace, title } = this.#origin;
		this.#origin = {
			agent: "claude-code",
			version: version ?? textField(entry, "version"),
			session: session ?? textField(entry, "sessionId"),
			workspace: workspace ?? textField(entry, "cwd"),
			begunAt: null,
			title: textField(entry, "customTitle") ?? title ?? textField(entry, "aiTitle") ?? textField(entry, "summary"),
		};
	}

	*#message(entry: JsonObject, role: "user" | "assistant"): Iterable<TranscriptEvent> {
		const at = readMoment(entry["timestamp"]);
		const scope = this.#scopeOf(entry);
		const message = fieldOf(entry, "message");
		const content = fieldOf(message, "content");
		const isAside = entry["isMeta"] === true || entry["isCompactSummary"] === true;
		const speaker: Speaker = role === "user" && isAside ? "system" : role;
		const about = role === "assistant" ? this.#aboutMessage(message, scope) : null;
		const blocks: readonly Json[] =
			typeof content === "string" ? [{ type: "text", text: content }] : isList(content) ? content : [];
		if (blocks.length === 0) this.#counters.unknown.count(`${role} without content`);
		for (const block of blocks) yield* this.#block(block, { at, scope, speaker, about });
	}

	*#block(
		block: Json,
		said: {
			readonly at: number | null;
			readonly scope: string;
			readonly speaker: Speaker;
			readonly about: CanonicalValue;
		},
	): Iterable<TranscriptEvent> {
		const { at, scope } = said;
		const type = textField(block, "type") ?? "no type";
		const callId = textField(block, "tool_use_id");
		if (type === "text")
			yield { kind: "said", ...said, input: { text: (textField(block, "text") ?? "").toWellFormed() } };
		else if (type === "thinking") {
			const input = { text: (textField(block, "thinking") ?? "").toWellFormed() };
			yield { kind: "said", ...said, speaker: "thinking", input };
		} else if (type === "image" || type === "document") {
			yield { kind: "said", ...said, input: imageValue(block) ?? toCanonical(block) };
		} else if (type === "tool_use" || type === "server_tool_use" || type === "mcp_tool_use") {
			const tool = (textField(block, "name") ?? "unnamed").toWellFormed();
			yield {
				kind: "called",
				at,
				scope,
				callId: textField(block, "id") ?? "",
				tool,
				input: toCanonical(fieldOf(block, "input") ?? null),
			};
		} else if (callId !== null && type.endsWith("tool_result")) {
			const result = commandResult(contentValue(fieldOf(block, "content")));
			const failed = fieldOf(block, "is_error") === true && typeof result === "string";
			yield { kind: "answered", at, callId, result, failure: failed ? result : null };
		} else if (type === "redacted_thinking") this.#counters.leftOut.count(type);
		else this.#counters.unknown.count(`block ${type}`);
	}

	*#system(entry: JsonObject): Iterable<TranscriptEvent> {
		const subtype = textField(entry, "subtype");
		const text = textField(entry, "content");
		if (text === null) return this.#counters.leftOut.count(`system ${subtype ?? ""}`.trimEnd());
		const input = { text: text.toWellFormed(), ...(subtype === null ? {} : { subtype: subtype.toWellFormed() }) };
		yield {
			kind: "said",
			at: readMoment(entry["timestamp"]),
			scope: this.#scopeOf(entry),
			speaker: "system",
			input,
			about: null,
		};
	}

	#aboutMessage(message: Json | undefined, scope: string): CanonicalValue {
		const id = textField(message, "id");
		if (id !== null && id === this.#toldMessages.get(scope)) return null;
		this.#toldMessages.set(scope, id);
		const told = ["model", "stop_reason", "usage"].flatMap((name): [string, CanonicalValue][] => {
			const field = fieldOf(message, name);
			return field === undefined || field === null ? [] : [[name, toCanonical(field)]];
		});
		return told.length === 0 ? null : Object.fromEntries(told);
	}

	/** A sub-agent's entries name their agent, or follow one another by `parentUuid` from one that has no parent there. */
	#scopeOf(entry: JsonObject): string {
		if (entry["isSidechain"] !== true) return "/";
		const agent = textField(entry, "agentId");
		const parent = textField(entry, "parentUuid");
		const known = agent === null ? this.#sideScopes.get(parent ?? "") : this.#agentScopes.get(agent);
		const scope = known ?? `/${this.#sideCount()}/0`;
		if (agent !== null) this.#agentScopes.set(agent, scope);
		else this.#sideScopes.set(textField(entry, "uuid") ?? "", scope);
		return scope;
	}

	#sideCount(): number {
		return new Set([...this.#sideScopes.values(), ...this.#agentScopes.values()]).size;
	}
}
