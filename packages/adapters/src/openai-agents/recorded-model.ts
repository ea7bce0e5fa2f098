import type { Model, ModelRequest, ModelResponse, StreamEvent } from "@openai/agents";
import { type AgentSession, encodeStructured, performRecorded, recordedStream } from "@retake/runtime";

/**
 * Puts a model of the OpenAI Agents SDK on record: answers whole and streamed event by event. In a replay the model is not asked.
 * `name` is what the model is called on record.
 *
 * @example
 * const agent = new Agent({ name: "fixer", model: recordedModel(session, "gpt-5", await new OpenAIProvider().getModel("gpt-5")) });
 */
export function recordedModel(session: AgentSession, name: string, model: Model): Model {
	// What concerns tracing is about the conversation, not part of it.
	const describe = (what: string, { signal, tracing: _tracing, ...asked }: ModelRequest) => ({
		name: `model ${what}`,
		input: encodeStructured({ model: name, ...plain(asked) }),
		signal,
	});
	return {
		...(model.supportsPromptModelSelection === undefined
			? {}
			: { supportsPromptModelSelection: model.supportsPromptModelSelection }),
		getResponse: (request) =>
			performRecorded<ModelResponse>(session, {
				...describe("generate", request),
				work: async () => plain(await model.getResponse(request)),
			}),
		getStreamedResponse: (request) =>
			recordedStream<StreamEvent>(session, {
				...describe("stream", request),
				work: async () => plainItems(model.getStreamedResponse(request)),
			}),
		...(model.getRetryAdvice === undefined ? {} : { getRetryAdvice: (asked) => model.getRetryAdvice?.(asked) }),
	};
}

async function* plainItems(events: AsyncIterable<StreamEvent>): AsyncIterable<StreamEvent> {
	for await (const event of events) yield plain(event);
}

/** The SDK's values are JSON by their protocol; some are instances of its classes. */
function plain<Value>(value: Value): Value {
	return JSON.parse(JSON.stringify(value)) as Value;
}
