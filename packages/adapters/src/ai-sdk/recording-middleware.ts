import { type AgentSession, encodeStructured, performRecorded, recordedStream } from "@retake/runtime";
import type { LanguageModelMiddleware } from "ai";

type Asked = Parameters<NonNullable<LanguageModelMiddleware["wrapGenerate"]>>[0]["params"];
type Answer = Awaited<ReturnType<NonNullable<LanguageModelMiddleware["wrapGenerate"]>>>;
type AnswerStream = Awaited<ReturnType<NonNullable<LanguageModelMiddleware["wrapStream"]>>>["stream"];
type AnswerPart = AnswerStream extends ReadableStream<infer Part> ? Part : never;

/**
 * Makes the middleware that puts an AI SDK model on record: answers whole and streamed part by part. In a replay the model is not asked.
 *
 * @example
 * const model = wrapLanguageModel({ model: openai("gpt-5"), middleware: recordingMiddleware(session) });
 */
export function recordingMiddleware(session: AgentSession): LanguageModelMiddleware {
	return recordingMiddlewareFor(session, []);
}

/** Makes the same where a framework writes notes of its own into the prompt: `notes` are the names of its provider options. */
export function recordingMiddlewareFor(session: AgentSession, notes: readonly string[]): LanguageModelMiddleware {
	const describe = (
		what: "generate" | "stream",
		{ modelId, provider }: { readonly modelId: string; readonly provider: string },
		// Headers carry credentials, and what they say besides is the provider's affair.
		{ abortSignal: signal, headers: _headers, ...asked }: Asked,
	) => ({
		name: `model ${what}`,
		input: encodeStructured({ provider, modelId, ...withoutNotes(asked, notes) }),
		signal,
	});
	return {
		specificationVersion: "v4",
		wrapGenerate: ({ doGenerate, params, model }) =>
			performRecorded<Answer>(session, {
				...describe("generate", model, params),
				work: async () => withoutTransport(await doGenerate()),
			}),
		wrapStream: async ({ doStream, params, model }) => ({
			stream: recordedStream<AnswerPart>(session, {
				...describe("stream", model, params),
				work: async () => (await doStream()).stream,
			}),
		}),
	};
}

/** How the request and its answer travelled is no part of what the model said. */
function withoutTransport({ request: _request, response, ...said }: Answer): Answer {
	if (response === undefined) return said;
	const { headers: _headers, body: _body, ...facts } = response;
	return { ...said, response: facts };
}

function withoutNotes<Value>(value: Value, notes: readonly string[]): Value {
	if (notes.length === 0 || typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
	if (value instanceof URL) return value;
	if (Array.isArray(value)) return value.map((item: unknown) => withoutNotes(item, notes)) as Value;
	const entries = Object.entries(value).flatMap(([key, field]: [string, unknown]): [string, unknown][] => {
		if (key !== "providerOptions" || typeof field !== "object" || field === null)
			return [[key, withoutNotes(field, notes)]];
		const kept = Object.entries(field).filter(([provider]) => !notes.includes(provider));
		return kept.length === 0 ? [] : [[key, Object.fromEntries(kept)]];
	});
	return Object.fromEntries(entries) as Value;
}
