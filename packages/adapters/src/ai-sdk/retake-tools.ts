import type { AgentSession, ToolInput, ToolName } from "@retake/runtime";
import type { Tool } from "ai";
import { sessionTools, type ToolAnswer, type ToolChoice } from "../session-tools.ts";

/** A session's tools, typed by what each takes. */
export type SessionToolSet = { readonly [Name in ToolName]: Tool<ToolInput<Name>, ToolAnswer> };

/**
 * Returns a session's standard tools (`exec`, `read_file`, …) as tools of the AI SDK. They work on the session's copy of the
 * workspace, and are on record.
 *
 * @example
 * const { text } = await generateText({ model, prompt, tools: retakeTools(session), stopWhen: isStepCount(20) });
 */
export function retakeTools(session: AgentSession, choice: ToolChoice = {}): SessionToolSet {
	const tools = sessionTools(session, choice).map(({ name, description, input, run }) => [
		name,
		{
			description,
			inputSchema: input,
			execute: (given: unknown, { abortSignal }: { readonly abortSignal?: AbortSignal }) => run(given, abortSignal),
		},
	]);
	return Object.fromEntries(tools) as SessionToolSet;
}
