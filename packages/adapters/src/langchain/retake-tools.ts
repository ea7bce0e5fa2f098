import { DynamicStructuredTool } from "@langchain/core/tools";
import type { AgentSession } from "@retake/runtime";
import { sessionTools, type ToolChoice } from "../session-tools.ts";

/**
 * Returns a session's standard tools (`exec`, `read_file`, …) as tools of LangChain. They work on the session's copy of the
 * workspace, and are on record.
 *
 * @example
 * const agent = createAgent({ model, tools: retakeTools(session) });
 */
export function retakeTools(session: AgentSession, choice: ToolChoice = {}): DynamicStructuredTool[] {
	return sessionTools(session, choice).map(
		({ name, description, jsonSchema, run }) =>
			new DynamicStructuredTool({
				name,
				description,
				schema: jsonSchema,
				func: async (input: unknown, _callbacks, config) => JSON.stringify(await run(input, config?.signal)),
			}),
	);
}
