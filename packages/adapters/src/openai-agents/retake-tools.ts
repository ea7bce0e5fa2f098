import type { FunctionTool } from "@openai/agents";
import type { AgentSession } from "@retake/runtime";
import { sessionTools, type ToolChoice } from "../session-tools.ts";

/**
 * Returns a session's standard tools (`exec`, `read_file`, …) as tools of the OpenAI Agents SDK. They work on the session's copy of
 * the workspace, and are on record.
 *
 * @example
 * const agent = new Agent({ name: "fixer", model, tools: retakeTools(session) });
 */
export function retakeTools(session: AgentSession, choice: ToolChoice = {}): FunctionTool[] {
	return sessionTools(session, choice).map(({ name, description, jsonSchema, run }) => ({
		type: "function",
		name,
		description,
		parameters: jsonSchema as FunctionTool["parameters"],
		// Strict schemas may have no optional fields.
		strict: false,
		needsApproval: async () => false,
		isEnabled: async () => true,
		invoke: async (_context, input, details) => JSON.stringify(await run(parse(input), details?.signal)),
	}));
}

/** What a model wrote; what is no JSON fits no schema, which the tool says. */
function parse(input: string): unknown {
	try {
		return JSON.parse(input === "" ? "{}" : input);
	} catch {
		return input;
	}
}
