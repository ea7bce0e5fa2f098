import type { CallToolResult } from "@modelcontextprotocol/server";
import { isRetakeError } from "@retake/base";

/** Any object of JSON. */
export type JsonObject = { readonly [key: string]: unknown };

/** Answers with a structured result; `text` is what a model reads, the result itself as JSON where absent. */
export function answer(result: JsonObject, text?: string): CallToolResult {
	return {
		content: [{ type: "text", text: text ?? JSON.stringify(result, null, 2) }],
		structuredContent: { ...result },
	};
}

/** Answers a failure as the tool's own result, so that the model reads what happened and what mends it. */
export function answerFailure(thrown: unknown): CallToolResult {
	const error = isRetakeError(thrown)
		? { code: thrown.code, message: thrown.message, remedy: thrown.remedy ?? null }
		: {
				code: "BUG",
				message: thrown instanceof Error ? thrown.message : String(thrown),
				remedy: "this is a mistake in Retake: please report it with the output of retake doctor --json",
			};
	const remedy = error.remedy === null ? "" : `\n${error.remedy}`;
	return {
		isError: true,
		content: [{ type: "text", text: `${error.message} (${error.code})${remedy}` }],
		structuredContent: { error },
	};
}
