import { RetakeError } from "@retake/base";
import { type BackgroundProcess, type ProcessEnd, processTools } from "@retake/runtime";
import { z } from "zod";
import { answer } from "../answer.ts";
import { fitText } from "../fit-text.ts";
import type { OpenSession } from "../open-sessions.ts";
import type { SandboxTool } from "../sandbox-tool.ts";
import { sessionField } from "../session-field.ts";

/** How much of each stream one answer holds; the middle is left out of what is longer. */
const outputCharactersMax = 20_000;

const annotations = { readOnlyHint: false, destructiveHint: false, openWorldHint: false } as const;
const end = z
	.object({
		exitCode: z.int().nullable(),
		signal: z.string().nullable(),
		timedOut: z.boolean(),
		outOfMemory: z.boolean(),
	})
	.describe("how it ended");

const startInput = processTools.start.extend({ session: sessionField });

/** Starts a command that runs on while the session works. */
export const startTool: SandboxTool<typeof startInput> = {
	name: "start",
	title: "Start a process",
	description:
		"Start a command that runs on, such as a server or a shell at a terminal; exec reaches it on 127.0.0.1. It works on the files as they are now, and what it writes comes into the session when it is stopped.",
	input: startInput,
	output: z.object({ process: z.int() }),
	annotations,
	run: ({ sessions }, { session: id, ...command }) =>
		sessions.use(id, async ({ session, processes }) => {
			const process = await session.start(command);
			processes.set(process.id, process);
			return answer({ process: process.id });
		}),
};

const outputInput = processTools.output.extend({ session: sessionField });

/** Returns what a process has printed since it was last asked for. */
export const outputTool: SandboxTool<typeof outputInput> = {
	name: "output",
	title: "Read a process's output",
	description: "Return what a process has printed since this was last called, after waiting for something new.",
	input: outputInput,
	output: z.object({ stdout: z.string(), stderr: z.string(), truncated: z.boolean(), running: z.boolean() }),
	annotations,
	run: ({ sessions }, { session: id, process: number, ...input }) =>
		sessions.use(id, async (open) => {
			const { stdout, stderr, running } = await processOf(open, number).output(input);
			const [out, err] = [stdout, stderr].map((bytes) =>
				fitText(Buffer.from(bytes).toString("utf8"), outputCharactersMax),
			) as [ReturnType<typeof fitText>, ReturnType<typeof fitText>];
			const result = { stdout: out.text, stderr: err.text, truncated: out.cut || err.cut, running };
			return answer(result, [out.text, err.text, running ? "" : "it has ended"].filter((one) => one !== "").join("\n"));
		}),
};

const writeInput = processTools.write_input.extend({ session: sessionField });

/** Types at a process's terminal, or writes to its standard input. */
export const writeInputTool: SandboxTool<typeof writeInput> = {
	name: "write_input",
	title: "Write to a process",
	description: "Type at a process's terminal (\\u0003 is Control-C), or write to its standard input.",
	input: writeInput,
	output: z.object({ process: z.int() }),
	annotations,
	run: ({ sessions }, { session: id, process: number, ...input }) =>
		sessions.use(id, async (open) => {
			await processOf(open, number).write(input);
			return answer({ process: number });
		}),
};

const resizeInput = processTools.resize.extend({ session: sessionField });

/** Changes the size of a process's terminal. */
export const resizeTool: SandboxTool<typeof resizeInput> = {
	name: "resize",
	title: "Resize a terminal",
	description: "Change the size of a process's terminal.",
	input: resizeInput,
	output: z.object({ process: z.int() }),
	annotations,
	run: ({ sessions }, { session: id, process: number, ...size }) =>
		sessions.use(id, async (open) => {
			await processOf(open, number).resize(size);
			return answer({ process: number });
		}),
};

const stopInput = processTools.stop.extend({ session: sessionField });

/** Ends a process and takes over what it wrote. */
export const stopTool: SandboxTool<typeof stopInput> = {
	name: "stop",
	title: "Stop a process",
	description:
		"End a process, if it has not ended, and merge what it wrote into the session's files. Where both changed a path, the session's stays and the path is named.",
	input: stopInput,
	output: z.object({
		end,
		conflicts: z.array(z.object({ path: z.string(), kind: z.string() })),
		refused: z.array(z.object({ path: z.string(), reason: z.string() })),
	}),
	annotations,
	run: ({ sessions }, { session: id, process: number, ...input }) =>
		sessions.use(id, async (open) => {
			const stopped = await processOf(open, number).stop(input);
			open.processes.delete(number);
			const [conflicts, refused] = [stopped.conflicts, stopped.refused].map((list) => list.map((one) => ({ ...one })));
			return answer({ end: describeEnd(stopped.end), conflicts, refused });
		}),
};

function describeEnd({ exitCode, signal, timedOut, outOfMemory }: ProcessEnd): z.input<typeof end> {
	return { exitCode, signal, timedOut, outOfMemory };
}

function processOf({ processes, session }: OpenSession, number: number): BackgroundProcess {
	const process = processes.get(number);
	if (process !== undefined) return process;
	throw new RetakeError("USAGE", `session ${session.runId} has no process ${number}`, {
		sort: "misuse",
		data: { processes: [...processes.keys()] },
		remedy: "use a number that start has returned for this session, until it is stopped",
	});
}
