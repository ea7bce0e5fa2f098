import { AIMessage, AIMessageChunk, type AIMessageFields, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";

/** A message as plain data. */
export interface StoredMessage {
	readonly type: string;
	readonly data: Readonly<Record<string, unknown>>;
}

/** A part of a streamed answer as plain data. */
export interface StoredChunk {
	readonly text: string;
	readonly message: StoredMessage;
	readonly generationInfo?: Record<string, unknown>;
}

/** A whole answer as plain data. */
export interface StoredResult {
	readonly generations: readonly StoredChunk[];
	readonly llmOutput?: Record<string, unknown>;
}

/** Ids that LangChain draws for messages that came without: new with each run. */
const drawnIdPattern = /^(run-|lc_run-)|^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/;

/** Returns a message that is sent as what it is recognised by. */
export function storeMessage(message: BaseMessage): StoredMessage {
	const { type, data } = store(message);
	const { id, ...rest } = data;
	return { type, data: typeof id === "string" && !drawnIdPattern.test(id) ? data : rest };
}

export function storeResult({ generations, llmOutput }: ChatResult): StoredResult {
	const stored = generations.map(({ text, message, generationInfo }) => ({
		text,
		message: store(message),
		...(generationInfo === undefined ? {} : { generationInfo: plain(generationInfo) }),
	}));
	return { generations: stored, ...(llmOutput === undefined ? {} : { llmOutput: plain(llmOutput) }) };
}

export function readResult({ generations, llmOutput }: StoredResult): ChatResult {
	const read = generations.map(({ text, message, generationInfo }) => ({
		text,
		message: new AIMessage(message.data as AIMessageFields),
		...(generationInfo === undefined ? {} : { generationInfo }),
	}));
	return { generations: read, ...(llmOutput === undefined ? {} : { llmOutput }) };
}

export function storeChunk({ text, message, generationInfo }: ChatGenerationChunk): StoredChunk {
	return {
		text,
		message: store(message),
		...(generationInfo === undefined ? {} : { generationInfo: plain(generationInfo) }),
	};
}

export function readChunk({ text, message, generationInfo }: StoredChunk): ChatGenerationChunk {
	return new ChatGenerationChunk({
		text,
		message: new AIMessageChunk(message.data),
		...(generationInfo === undefined ? {} : { generationInfo }),
	});
}

function store(message: BaseMessage): StoredMessage {
	const { type, data } = message.toDict();
	return { type, data: plain({ ...data }) };
}

function plain<Value>(value: Value): Value {
	return JSON.parse(JSON.stringify(value)) as Value;
}
