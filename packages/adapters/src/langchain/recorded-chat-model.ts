import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { BaseMessage } from "@langchain/core/messages";
import type { ChatGenerationChunk, ChatResult } from "@langchain/core/outputs";
import type { CanonicalValue } from "@retake/changeset";
import { type AgentSession, encodeStructured, performRecorded, recordedStream } from "@retake/runtime";
import {
	readChunk,
	readResult,
	type StoredChunk,
	type StoredResult,
	storeChunk,
	storeMessage,
	storeResult,
} from "./stored-messages.ts";

/** Call options that carry no question: signals, callbacks, traces, credentials, and what LangGraph says of the run. */
const asideOptions = new Set(
	[
		"signal callbacks runId runName metadata tags configurable timeout options headers",
		"executionInfo serverInfo store writer context interrupt heartbeat control runtime streamMode recursionLimit maxConcurrency",
	]
		.join(" ")
		.split(" "),
);

/**
 * Puts a chat model of LangChain on record: answers whole and streamed chunk by chunk. Returns a model of the same class that asks the given
 * one, and in a replay does not. `name` is what the model is called on record.
 *
 * @example
 * const model = recordedChatModel(session, "gpt-5", new ChatOpenAI({ model: "gpt-5" }));
 */
export function recordedChatModel<Model extends BaseChatModel>(
	session: AgentSession,
	name: string,
	model: Model,
): Model {
	const describe = (what: string, messages: BaseMessage[], options: object) => ({
		name: `model ${what}`,
		input: encodeStructured({ model: name, messages: messages.map(storeMessage), ...asked(model, options) }),
		signal: (options as { readonly signal?: AbortSignal }).signal,
	});
	const recorded: Pick<BaseChatModel, "_generate" | "_streamResponseChunks" | "_streamChatModelEvents" | "withConfig"> =
		{
			_generate: async (messages, options, callbacks): Promise<ChatResult> =>
				readResult(
					await performRecorded<StoredResult>(session, {
						...describe("generate", messages, options),
						work: async () => storeResult(await model._generate(messages, options, callbacks)),
					}),
				),
			_streamResponseChunks: async function* (messages, options, callbacks): AsyncGenerator<ChatGenerationChunk> {
				const chunks = recordedStream<StoredChunk>(session, {
					...describe("stream", messages, options),
					// The callbacks are told below, live and in playback alike.
					work: async () => storedChunks(model._streamResponseChunks(messages, options)),
				});
				for await (const stored of chunks) {
					const chunk = readChunk(stored);
					yield chunk;
					await callbacks?.handleLLMNewToken(chunk.text, undefined, undefined, undefined, undefined, { chunk });
				}
			},
			// Events are made of the chunks, although the model may have a shorter way to them.
			_streamChatModelEvents: (...asking) => BaseChatModel.prototype._streamChatModelEvents.apply(derived, asking),
			// Some models answer with a model of their class, on which tools are bound.
			withConfig: (config) => {
				const configured: unknown = model.withConfig.call(derived, config);
				return (isChatModel(configured) ? recordedChatModel(session, name, configured) : configured) as ReturnType<
					Model["withConfig"]
				>;
			},
		};
	const derived: Model = Object.assign(Object.create(model) as Model, recorded);
	return derived;
}

async function* storedChunks(chunks: AsyncIterable<ChatGenerationChunk>): AsyncIterable<StoredChunk> {
	for await (const chunk of chunks) yield storeChunk(chunk);
}

/** What is asked for besides the messages, tools above all: as the model will put it to its provider, and as it was called. */
function asked(model: BaseChatModel, options: object): { readonly [key: string]: CanonicalValue } {
	const entries = Object.entries(options).filter(([key, value]) => !asideOptions.has(key) && value !== undefined);
	const parameters: unknown = model.invocationParams(options);
	return JSON.parse(JSON.stringify({ parameters: parameters ?? null, options: Object.fromEntries(entries) }));
}

function isChatModel(value: unknown): value is BaseChatModel {
	return typeof value === "object" && value !== null && "_generate" in value;
}
