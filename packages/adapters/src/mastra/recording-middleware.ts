import type { AgentSession } from "@retake/runtime";
import type { LanguageModelMiddleware } from "ai";
import { recordingMiddlewareFor } from "../ai-sdk/recording-middleware.ts";

/**
 * Makes the middleware that puts a model of the AI SDK on record, for agents of Mastra: what Mastra notes in a prompt for itself, such as when a
 * message was made, is no part of the question.
 *
 * @example
 * const model = wrapLanguageModel({ model: openai("gpt-5"), middleware: recordingMiddleware(session) });
 */
export function recordingMiddleware(session: AgentSession): LanguageModelMiddleware {
	return recordingMiddlewareFor(session, ["mastra"]);
}
