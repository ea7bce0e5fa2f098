import { isRetakeError } from "@retake/base";
import { type AgentSession, spellBytes, standardTools, type ToolInput, type ToolName } from "@retake/runtime";
import { z } from "zod";

/** What a model is told of what a tool came to: plain JSON. */
export type ToolAnswer = { readonly [key: string]: unknown };

/** A standard tool of a session, as every framework needs to know it. */
export interface SessionTool {
	readonly name: ToolName;
	readonly description: string;
	/** What it takes, before defaults. */
	readonly input: z.ZodObject;
	readonly jsonSchema: Readonly<Record<string, unknown>>;
	/** Calls it. What a model can mend is an answer; what it cannot, such as a divergence, is thrown. */
	readonly run: (input: unknown, signal: AbortSignal | undefined) => Promise<ToolAnswer>;
}

/** Which of a session's tools an agent gets. */
export interface ToolChoice {
	/** All where absent. */
	readonly only?: readonly ToolName[];
}

/** Failures that a model can do something about. */
const forModels = new Set([
	"TOOL_INPUT",
	"TOOL_FAILED",
	"FILE_NOT_FOUND",
	"PATCH_INVALID",
	"PATCH_CONFLICT",
	"PATH_REFUSED",
	"TREE_REFUSED",
	"LIMIT_EXCEEDED",
]);

/** Lists the standard tools of a session. */
export function sessionTools(session: AgentSession, { only }: ToolChoice): readonly SessionTool[] {
	const names = only ?? (Object.keys(standardTools) as ToolName[]);
	return names.map((name) => {
		const { description, input } = standardTools[name];
		return {
			name,
			description,
			input,
			jsonSchema: z.toJSONSchema(input, { io: "input" }),
			run: async (given, signal) => {
				try {
					const output: unknown = await session.call(
						name,
						given as ToolInput<typeof name>,
						signal === undefined ? {} : { signal },
					);
					return readable(output) as ToolAnswer;
				} catch (error) {
					if (isRetakeError(error) && forModels.has(error.code))
						return failure(error.code, error.message, error.remedy);
					if (isRetakeError(error, "INTERRUPTED") && signal?.aborted === true) throw signal.reason;
					throw error;
				}
			},
		};
	});
}

function failure(code: string, message: string, remedy: string | undefined): ToolAnswer {
	return { error: { code, message, ...(remedy === undefined ? {} : { remedy }) } };
}

/** Bytes as text where they are text, else as base64. */
function readable(output: unknown): unknown {
	if (output instanceof Uint8Array) {
		const { content, encoding } = spellBytes(output);
		return encoding === "utf8" ? content : { base64: content };
	}
	if (Array.isArray(output)) return output.map(readable);
	if (typeof output !== "object" || output === null) return output;
	return Object.fromEntries(Object.entries(output).map(([key, field]) => [key, readable(field)]));
}
