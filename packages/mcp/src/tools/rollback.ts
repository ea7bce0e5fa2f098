import { z } from "zod";
import { answer } from "../answer.ts";
import type { SandboxTool } from "../sandbox-tool.ts";
import { sessionField } from "../session-field.ts";

const input = z.strictObject({ session: sessionField });

/** Ends a session and drops its changes. */
export const rollbackTool: SandboxTool<typeof input> = {
	name: "rollback",
	title: "Roll the session back",
	description: "End the session and drop all that it changed. Its record stays: retake show and retake replay know it.",
	input,
	output: z.object({ run: z.string() }),
	annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
	run: async ({ sessions }, { session: id }) => {
		await sessions.end(id, (session) => session.rollback());
		return answer({ run: id });
	},
};
