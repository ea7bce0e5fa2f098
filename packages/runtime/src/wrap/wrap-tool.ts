import { RetakeError } from "@retake/base";
import type { AgentSession, ChunkSink, ChunkWriter } from "../session.ts";
import type { ErrorClass } from "./error-description.ts";
import { performRecorded } from "./perform-recorded.ts";
import {
	type SchemaInput,
	type SchemaIssue,
	type SchemaOutput,
	type StandardSchema,
	schemaHashOf,
} from "./standard-schema.ts";
import { encodeStructured } from "./structured-value.ts";

/** What a wrapped function is handed beside its input. */
export interface ToolContext {
	/** Aborted when the caller cancels. */
	readonly signal: AbortSignal;
	/** Records a part of the output, which reaches the caller's `onChunk`, live and in playback. */
	readonly chunk: ChunkWriter;
}

/** How a wrapped function is called. */
export interface ToolCallOptions {
	readonly signal?: AbortSignal | undefined;
	readonly onChunk?: ChunkSink;
}

/** How a function is wrapped. */
export interface WrapOptions {
	/** Classes of errors that it throws, which are to be their instances when they are thrown again. */
	readonly errors?: readonly ErrorClass[];
}

/** A function on record: in a replay it returns, or throws, what it did, and does not run. */
export type RecordedTool<Input, Output> = (input: Input, options?: ToolCallOptions) => Promise<Output>;

/** Puts a function on record. See `AgentSession.tool`. */
export function wrapTool<Schema extends StandardSchema, Output>(
	session: Pick<AgentSession, "perform">,
	name: string,
	schema: Schema,
	run: (input: SchemaOutput<Schema>, context: ToolContext) => Output | Promise<Output>,
	{ errors }: WrapOptions = {},
): RecordedTool<SchemaInput<Schema>, Output> {
	const schemaHash = schemaHashOf(schema);
	return async (input, options = {}) => {
		// The address is given when the call is issued: nothing may be awaited before.
		const checked = check(name, schema, input);
		return performRecorded<Output>(session, {
			name,
			input: encodeStructured(input),
			schemaHash,
			errors,
			...options,
			work: async (signal, chunk) => run(checked, { signal, chunk }),
		});
	};
}

function check<Schema extends StandardSchema>(name: string, schema: Schema, input: unknown): SchemaOutput<Schema> {
	const result = schema["~standard"].validate(input);
	if (result instanceof Promise) {
		result.catch(() => {});
		throw new RetakeError("USAGE", `the schema of ${name} takes its time, and a call is numbered when it is made`, {
			sort: "misuse",
			remedy: "check in the function itself what cannot be checked at once",
		});
	}
	if (result.issues === undefined) return result.value;
	throw new RetakeError("TOOL_INPUT", `${name}: ${result.issues.map(describeIssue).join("; ")}`, {
		sort: "misuse",
		data: { issues: result.issues.map(({ message, path = [] }) => ({ message, path: path.map(keyOf) })) },
	});
}

function describeIssue({ message, path = [] }: SchemaIssue): string {
	return path.length === 0 ? message : `${path.map(keyOf).join(".")}: ${message}`;
}

function keyOf(step: PropertyKey | { readonly key: PropertyKey }): string {
	return String(typeof step === "object" ? step.key : step);
}
