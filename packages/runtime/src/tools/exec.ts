import type { ExecResult } from "@retake/sandbox";
import type { RefusedPath } from "@retake/txfs";
import { z } from "zod";
import type { WriteTool } from "./tool.ts";

const input = z.strictObject({
	argv: z.array(z.string()).min(1).describe("the program and its arguments; no shell unless argv names one"),
	cwd: z.string().default("").describe("directory relative to the workspace"),
	env: z.record(z.string(), z.string()).default({}).describe("added to the sandbox's fixed environment"),
	stdin: z.string().default("").describe("standard input, UTF-8"),
	timeoutMs: z.int().positive().optional().describe("deadline in milliseconds; the session's own where absent"),
});

/** How a command ended. Output is exact bytes, cut at the session's `outputBytes`. */
export interface ExecOutput extends Omit<ExecResult, "usage"> {
	/** What the command left that is never captured: changes under `.git`, bits that were stripped. */
	readonly refused: readonly { readonly path: string; readonly reason: RefusedPath["reason"] }[];
}

/** Runs a command in the sandbox, on the workspace as the calls before left it. A command's failure is a result. */
export const execTool: WriteTool<typeof input, ExecOutput> = {
	effect: "writes",
	name: "exec",
	description: "Run a command in the sandbox, in the workspace. Returns exit code, stdout and stderr.",
	input,
	run: async (context, { argv, cwd, env, stdin, timeoutMs }) => {
		const { usage: _usage, ...output } = await context.exec({
			argv,
			cwd,
			env,
			stdin: Buffer.from(stdin, "utf8"),
			network: "none",
			...(timeoutMs === undefined ? {} : { timeoutMs }),
			...(context.chunk === undefined ? {} : { onOutput: context.chunk }),
		});
		return { ...output, refused: [] };
	},
};
