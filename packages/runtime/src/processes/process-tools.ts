import { RetakeError, type ValueHash } from "@retake/base";
import { type CanonicalValue, hashCanonical } from "@retake/changeset";
import type { ToolSignature } from "@retake/recorder";
import { z } from "zod";

const process = z.int().positive().describe("the process, as start returned it");
const columns = z.int().min(1).max(65_535);
const rows = z.int().min(1).max(65_535);

/** How long a process may run that is given no deadline of its own, milliseconds: a day. */
const processTimeoutMs = 24 * 60 * 60 * 1000;

/** What the calls take by which a session starts a command that runs on, and works with it. */
export const processTools = {
	start: z.strictObject({
		argv: z.array(z.string()).min(1).describe("the program and its arguments; no shell unless argv names one"),
		cwd: z.string().default("").describe("directory relative to the workspace"),
		env: z.record(z.string(), z.string()).default({}).describe("added to the sandbox's fixed environment"),
		terminal: z
			.strictObject({ columns, rows })
			.optional()
			.describe("runs it at a terminal of this size; what it prints is stdout, and input is what is typed"),
		timeoutMs: z.int().positive().default(processTimeoutMs).describe("deadline in milliseconds"),
	}),
	output: z.strictObject({
		process,
		waitMs: z.int().min(0).max(600_000).default(0).describe("how long to wait for something new, milliseconds"),
	}),
	write_input: z.strictObject({
		process,
		content: z.string().default("").describe("what is typed at its terminal, or written to its standard input"),
		encoding: z.enum(["utf8", "base64"]).default("utf8"),
		end: z.boolean().default(false).describe("whether its standard input ends after it"),
	}),
	resize: z.strictObject({ process, columns, rows }),
	stop: z.strictObject({
		process,
		graceMs: z
			.int()
			.min(0)
			.max(600_000)
			.default(2000)
			.describe("how long it has to end after SIGTERM before it is killed, milliseconds"),
		discard: z.boolean().default(false).describe("whether what it wrote is dropped rather than merged"),
	}),
} as const;

/** Names a call that works with a process. */
export type ProcessToolName = keyof typeof processTools;

/** What such a call takes, before defaults; the session gives `process` itself. */
export type ProcessInput<Name extends ProcessToolName> = z.input<(typeof processTools)[Name]>;

/** What such a call takes, with its defaults filled in. */
export type CheckedProcessInput<Name extends ProcessToolName> = z.output<(typeof processTools)[Name]>;

/** Returns the recorder's view of such a call. */
export function processSignature(name: ProcessToolName): ToolSignature {
	return { kind: "tool", name, schemaHash: schemaHashOf(name) };
}

/** Returns the input with its defaults filled in. Throws `TOOL_INPUT`. */
export function checkProcessInput<Name extends ProcessToolName>(
	name: Name,
	input: ProcessInput<Name>,
): CheckedProcessInput<Name> {
	const parsed = processTools[name].safeParse(input);
	if (parsed.success) return parsed.data as CheckedProcessInput<Name>;
	throw new RetakeError("TOOL_INPUT", `${name}: ${z.prettifyError(parsed.error)}`, {
		sort: "misuse",
		data: { issues: parsed.error.issues },
	});
}

function schemaHashOf(name: ProcessToolName): ValueHash {
	return hashCanonical(z.toJSONSchema(processTools[name], { io: "input" }) as CanonicalValue);
}
