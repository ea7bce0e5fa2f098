import { type ExecOutput, standardTools } from "@retake/runtime";
import { z } from "zod";
import { answer } from "../answer.ts";
import { fitText } from "../fit-text.ts";
import type { SandboxTool } from "../sandbox-tool.ts";
import { sessionField } from "../session-field.ts";

const input = standardTools.exec.input.extend({
	session: sessionField,
	outputCharactersMax: z
		.int()
		.min(200)
		.max(1_000_000)
		.default(20_000)
		.describe("how much of each stream is returned; the middle is left out of what is longer. The record has it all"),
});

const output = z.object({
	exitCode: z.int().nullable(),
	signal: z.string().nullable(),
	timedOut: z.boolean(),
	outOfMemory: z.boolean(),
	stdout: z.string(),
	stderr: z.string(),
	truncated: z.boolean().describe("whether anything was left out of stdout or stderr"),
	refused: z.array(z.object({ path: z.string(), reason: z.string() })),
	network: z
		.array(z.object({ host: z.string(), port: z.int(), verdict: z.string(), reason: z.string().nullable() }))
		.describe("what it reached or was refused"),
});

/** Runs a command; its output is told as progress while it runs. */
export const execTool: SandboxTool<typeof input> = {
	name: "exec",
	title: "Run a command",
	description: `${standardTools.exec.description} Without a network, but for what the server was started to allow. What it writes stays in the session until commit.`,
	input,
	output,
	annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: false },
	run: ({ sessions, progress, context }, { session: id, outputCharactersMax, ...command }) =>
		sessions.use(id, async ({ session }) => {
			const ended = await session.call("exec", command, {
				signal: context.mcpReq.signal,
				onChunk: (_stream, bytes) => progress.tell(lastLine(bytes), "often"),
			});
			return answer(...describe(ended, outputCharactersMax));
		}),
};

function describe(ended: ExecOutput, charactersMax: number): [z.input<typeof output>, string] {
	const { exitCode, signal, timedOut, outOfMemory, droppedBytes, refused } = ended;
	const stdout = fitText(Buffer.from(ended.stdout).toString("utf8"), charactersMax);
	const stderr = fitText(Buffer.from(ended.stderr).toString("utf8"), charactersMax);
	const truncated = stdout.cut || stderr.cut || droppedBytes.stdout + droppedBytes.stderr > 0;
	const end = timedOut ? "timed out" : outOfMemory ? "out of memory" : signal !== null ? signal : `exit ${exitCode}`;
	const connections = ended.network?.connections ?? [];
	const network = connections.map(({ host, port, verdict, reason }) => ({ host, port, verdict, reason }));
	const streams = [stdout.text, stderr.text === "" ? "" : `stderr:\n${stderr.text}`].filter((text) => text !== "");
	const result = { exitCode, signal, timedOut, outOfMemory, stdout: stdout.text, stderr: stderr.text, truncated };
	return [{ ...result, refused: refused.map((one) => ({ ...one })), network }, [end, ...streams].join("\n")];
}

/** The last line with something in it. */
function lastLine(bytes: Uint8Array): string {
	const lines = Buffer.from(bytes).toString("utf8").trimEnd().split("\n");
	return (lines.at(-1) ?? "").slice(0, 200).toWellFormed();
}
