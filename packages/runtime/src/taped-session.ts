import type { CanonicalValue } from "@retake/changeset";
import type { TapeReadings } from "@retake/recorder";
import type { AgentSession, ChunkWriter, PerformOptions } from "./session.ts";
import type { StandardSchema } from "./wrap/standard-schema.ts";
import { type Fetch, type WrapFetchOptions, wrapFetch } from "./wrap/wrap-fetch.ts";
import { type WrapOptions, wrapTool } from "./wrap/wrap-tool.ts";
import { wrapTools } from "./wrap/wrap-tools.ts";

type Taped = "perform" | "tool" | "wrapTools" | "wrapFetch" | "now" | "monotonic" | "random" | "uuid";

/** The part of a session that is the same live and played back: what it wraps goes through `perform`, what it reads comes from the tape. */
export abstract class TapedSession implements Pick<AgentSession, Taped> {
	protected abstract readonly values: TapeReadings;

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

	now(): Promise<number> {
		return this.values.now();
	}

	monotonic(): Promise<number> {
		return this.values.monotonic();
	}

	random(name = "default"): Promise<number> {
		return this.values.random(name);
	}

	uuid(): Promise<string> {
		return this.values.uuid();
	}
}
