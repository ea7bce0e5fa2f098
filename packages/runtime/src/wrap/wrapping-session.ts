import type { CanonicalValue } from "@retake/changeset";
import type { AgentSession, ChunkWriter, PerformOptions } from "../session.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { type Fetch, type WrapFetchOptions, wrapFetch } from "./wrap-fetch.ts";
import { type WrapOptions, wrapTool } from "./wrap-tool.ts";
import { wrapTools } from "./wrap-tools.ts";

/** The part of a session that wraps functions: the same live and played back, for all of it goes through `perform`. */
export abstract class WrappingSession implements Pick<AgentSession, "perform" | "tool" | "wrapTools" | "wrapFetch"> {
	abstract perform<Value extends CanonicalValue>(
		name: string,
		input: CanonicalValue,
		work: (signal: AbortSignal, chunk: ChunkWriter) => Promise<Value>,
		options?: PerformOptions,
	): Promise<Value>;

	tool<Schema extends StandardSchema, Output>(
		name: string,
		schema: Schema,
		run: Parameters<typeof wrapTool<Schema, Output>>[3],
		options?: WrapOptions,
	): ReturnType<typeof wrapTool<Schema, Output>> {
		return wrapTool(this, name, schema, run, options);
	}

	wrapTools<Tools extends object>(tools: Tools, options?: WrapOptions): ReturnType<typeof wrapTools<Tools>> {
		return wrapTools(this, tools, options);
	}

	wrapFetch(fetch: Fetch, options?: WrapFetchOptions): Fetch {
		return wrapFetch(this, fetch, options);
	}
}
