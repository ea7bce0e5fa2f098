import type { AgentSession, ToolName } from "@retake/runtime";
import type { z } from "zod";
import { sessionTools, type ToolAnswer, type ToolChoice } from "../session-tools.ts";

/** A session's tool, as Mastra's `createTool` takes it. */
export interface MastraSessionTool {
	readonly id: ToolName;
	readonly description: string;
	readonly inputSchema: z.ZodObject;
	readonly execute: (
		input: unknown,
		context?: { readonly abortSignal?: AbortSignal | undefined },
	) => Promise<ToolAnswer>;
}

/**
 * Returns a session's standard tools (`exec`, `read_file`, …) as tools of Mastra, made by its own `createTool`. They work on the
 * session's copy of the workspace, and are on record.
 *
 * @example
 * const agent = new Agent({ id: "fixer", name: "fixer", instructions, model, tools: retakeTools(session, createTool) });
 */
export function retakeTools<Tool>(
	session: AgentSession,
	createTool: (tool: MastraSessionTool) => Tool,
	choice: ToolChoice = {},
): Record<string, Tool> {
	const tools = sessionTools(session, choice).map(({ name, description, input, run }) => [
		name,
		createTool({
			id: name,
			description,
			inputSchema: input,
			execute: (given, context) => run(given, context?.abortSignal),
		}),
	]);
	return Object.fromEntries(tools) as Record<string, Tool>;
}
