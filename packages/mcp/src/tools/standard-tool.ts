import { standardTools, type ToolName } from "@retake/runtime";
import type { z } from "zod";
import { answer, type JsonObject } from "../answer.ts";
import type { SandboxTool } from "../sandbox-tool.ts";
import { sessionField } from "../session-field.ts";

/** The standard tools that are offered as they are; `exec` has a file of its own. */
type PlainToolName = Exclude<ToolName, "exec">;

/** Offers one of the standard tools of a session: the same schema, and the session to call it in. */
export function standardTool(name: PlainToolName): SandboxTool<z.ZodObject> {
	const tool = standardTools[name];
	const writes = tool.effect === "writes";
	return {
		name,
		title: name.replaceAll("_", " "),
		description: tool.description,
		input: tool.input.extend({ session: sessionField }),
		annotations: { readOnlyHint: !writes, destructiveHint: false, openWorldHint: false },
		run: ({ sessions, context }, { session: id, ...input }) =>
			sessions.use(String(id), async ({ session }) => {
				const output = await session.call(name, input, { signal: context.mcpReq.signal });
				return answer(output as unknown as JsonObject);
			}),
	};
}
