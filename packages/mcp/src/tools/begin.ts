import { z } from "zod";
import { answer } from "../answer.ts";
import type { SandboxTool } from "../sandbox-tool.ts";

const input = z.strictObject({
	base: z.string().min(1).default("worktree").describe("worktree for the files as they are, or a git ref"),
	title: z.string().min(1).default("MCP session").describe("for people who list the runs"),
});

const output = z.object({
	session: z.string(),
	base: z.object({ treeId: z.string(), commit: z.string().nullable() }),
});

/** Begins a session on a frozen copy of the workspace. */
export const beginTool: SandboxTool<typeof input> = {
	name: "begin",
	title: "Begin a session",
	description:
		"Begin a session: a sealed sandbox on a copy-on-write copy of the workspace, without a network but for what the server was started to allow. Nothing reaches the workspace before commit. Returns the session's id, which every other tool takes.",
	input,
	output,
	annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
	run: async ({ runtime, sessions, progress, context }, { base: asked, title }) => {
		const base = await runtime.freeze(asked, {
			onProgress: (files) => progress.tell(`${files} files copied`, "often"),
			signal: context.mcpReq.signal,
		});
		const session = await sessions.add(() => runtime.startSession({ base, kind: "library", title, program: null }));
		return answer({ session: session.runId, base: { treeId: base.snapshot.treeId, commit: base.commit } });
	},
};
