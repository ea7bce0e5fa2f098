import {
	type CallToolResult,
	CLIENT_CAPABILITIES_META_KEY,
	type InputRequiredResult,
	type McpServer,
	type ServerContext,
	type ToolAnnotations,
} from "@modelcontextprotocol/server";
import type { Runtime } from "@retake/runtime";
import type { z } from "zod";
import { answerFailure } from "./answer.ts";
import type { ConfirmCommits } from "./create-server-factory.ts";
import type { OpenSessions } from "./open-sessions.ts";
import { Progress } from "./progress.ts";

/** What every tool works with. */
export interface ToolServices {
	readonly runtime: Runtime;
	readonly sessions: OpenSessions;
	readonly confirmCommits: ConfirmCommits;
}

/** One request to a tool. */
export interface ToolRequest extends ToolServices {
	readonly context: ServerContext;
	readonly progress: Progress;
	/** Whether the client can ask its user. */
	readonly canAsk: boolean;
}

/** One tool of the server. */
export interface SandboxTool<Input extends z.ZodObject> {
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly input: Input;
	readonly output?: z.ZodObject;
	readonly annotations: ToolAnnotations;
	readonly run: (request: ToolRequest, input: z.output<Input>) => Promise<CallToolResult | InputRequiredResult>;
}

/** Makes a tool known to a server. What it throws becomes a result that says so. */
export function registerTool<Input extends z.ZodObject>(
	server: McpServer,
	services: ToolServices,
	tool: SandboxTool<Input>,
): void {
	const { name, title, description, input, output, annotations } = tool;
	const inputSchema: z.ZodObject = input;
	const described = { title, description, inputSchema, annotations };
	const config = output === undefined ? described : { ...described, outputSchema: output };
	server.registerTool(name, config, async (given, context) => {
		const progress = new Progress(context, () => Number(services.runtime.ports.clock.monotonic() / 1_000_000n));
		const canAsk = canElicit(server, context);
		try {
			return await tool.run({ ...services, context, progress, canAsk }, input.parse(given));
		} catch (error) {
			return answerFailure(error);
		} finally {
			await progress.settle();
		}
	});
}

/** Whether the client can ask its user: in the current protocol each request says so, before it the connection's opening did. */
function canElicit(server: McpServer, context: ServerContext): boolean {
	const declared: Readonly<Record<string, unknown>> = { ...context.mcpReq.envelope };
	const capabilities = declared[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities();
	return typeof capabilities === "object" && capabilities !== null && "elicitation" in capabilities;
}
