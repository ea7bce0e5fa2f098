import type { ChainHash, ChangesetId, RunId, ValueHash } from "@retake/base";
import type { CanonicalValue, Changeset } from "@retake/changeset";
import type { BackgroundProcess } from "./processes/background-process.ts";
import type { ProcessInput } from "./processes/process-tools.ts";
import type { ToolInput, ToolName, ToolOutput } from "./tools/standard-tools.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./wrap/standard-schema.ts";
import type { Fetch, WrapFetchOptions } from "./wrap/wrap-fetch.ts";
import type { RecordedTool, ToolContext, WrapOptions } from "./wrap/wrap-tool.ts";
import type { RecordedTools } from "./wrap/wrap-tools.ts";

/** Takes a part of an output, under the name of its stream. */
export type ChunkSink = (stream: string, bytes: Uint8Array) => void;

/** Hands a part of an output to the record; resolves when it has been delivered, so that whoever waits for it never runs ahead. */
export type ChunkWriter = (stream: string, bytes: Uint8Array) => Promise<void>;

/** How a call is made. */
export interface CallOptions {
	/** Sees output as it comes; what it saw is recorded, chunk by chunk. */
	readonly onChunk?: ChunkSink;
	/** Told how long the call took, milliseconds, when it has succeeded; in playback the recorded time. */
	readonly onTimed?: (durationMs: number) => void;
	/** Cancels the call. */
	readonly signal?: AbortSignal;
}

/** How a process is started: what it prints goes to `onChunk`, and `signal` kills it. */
export type StartOptions = Pick<CallOptions, "onChunk" | "signal">;

/** How work of the agent's own is done. */
export interface PerformOptions extends CallOptions {
	/** Hash of the schema that the input fits: part of what the call is. */
	readonly schemaHash?: ValueHash;
}

/** A point in a session to which it can return. */
export interface SessionSavepoint {
	readonly kind: "session-savepoint";
	readonly depth: number;
}

/**
 * What an agent program sees of a session, live or played back: it cannot tell the two apart.
 * Calls run one after another in the order in which they were issued, each on a layer of its own.
 */
export interface AgentSession {
	readonly runId: RunId;
	/**
	 * Calls a tool. Rejects with `TOOL_INPUT` for an input that does not fit, with the tool's own error where it failed
	 * (`FILE_NOT_FOUND`, `PATCH_CONFLICT`, …), and with `SANDBOX_FAILED` where the infrastructure failed.
	 */
	call<Name extends ToolName>(name: Name, input: ToolInput<Name>, options?: CallOptions): Promise<ToolOutput<Name>>;
	/**
	 * Starts a command that runs on beside the calls that follow, on a view of the tree of its own. It is on record as one call that lasts as
	 * long as it runs. What it wrote comes into the session's tree when it is stopped. Commands of the session and its processes share a loopback meanwhile.
	 */
	start(input: ProcessInput<"start">, options?: StartOptions): Promise<BackgroundProcess>;
	/**
	 * Lays a changeset over the tree: every path becomes what the changeset says, whatever was there. Where it is what the run
	 * `of` left, its files also get the attributes that they had there. Recorded as a call, of which `of` is no part.
	 */
	layOver(changesetId: ChangesetId, of?: RunId): Promise<void>;
	/**
	 * Does work of the agent's own through the record, such as a model call or a sub-agent: in playback the recorded value is
	 * returned and `work` is not called. Unlike tools, such work is not queued: several may be under way. What `work` hands to
	 * `chunk` is recorded piece by piece and reaches `onChunk`, live and in playback.
	 */
	perform<Value extends CanonicalValue>(
		name: string,
		input: CanonicalValue,
		work: (signal: AbortSignal, chunk: ChunkWriter) => Promise<Value>,
		options?: PerformOptions,
	): Promise<Value>;
	/**
	 * Puts a function on record. The returned function takes what the schema takes, and returns or throws what `run` does; in playback
	 * that comes from the record and `run` is not called. Besides JSON and bytes it may return dates, URLs, maps, sets, big integers and errors.
	 * Rejects with `TOOL_INPUT`, and no call made, for an input that does not fit.
	 *
	 * @example
	 * const weather = session.tool("weather", z.object({ city: z.string() }), ({ city }) => lookUp(city));
	 */
	tool<Schema extends StandardSchema, Output>(
		name: string,
		schema: Schema,
		run: (input: SchemaOutput<Schema>, context: ToolContext) => Output | Promise<Output>,
		options?: WrapOptions,
	): RecordedTool<SchemaInput<Schema>, Output>;
	/**
	 * Puts several tools on record: functions, and objects with a function `execute`, as frameworks have them. Names and types stay; what an
	 * async generator yields comes item by item.
	 */
	wrapTools<Tools extends object>(tools: Tools, options?: WrapOptions): RecordedTools<Tools>;
	/**
	 * Puts requests on record: returns a `fetch` whose responses, chunk by chunk, and errors are recorded, and that in playback never reaches
	 * the network. Credentials in headers and URLs are not recorded. A request that is another one than the recorded one fails with `DIVERGENCE`.
	 */
	wrapFetch(fetch: Fetch, options?: WrapFetchOptions): Fetch;
	/** Runs branches at once, each with call addresses of its own, and returns their results in order. */
	parallel<Value>(branches: readonly (() => Promise<Value>)[]): Promise<Value[]>;
	/**
	 * Runs a sub-agent in a scope with a name of its own: its calls and its random streams are numbered apart, whatever others do beside it.
	 * Throws `USAGE` for a name other than letters from a to z, digits, - and _.
	 *
	 * @example
	 * const [plan, review] = await Promise.all([session.scope("planner", plan), session.scope("reviewer", review)]);
	 */
	scope<Value>(name: string, body: () => Promise<Value>): Promise<Value>;
	/** Marks the state after the calls so far. Throws `USAGE` while a call is under way. */
	savepoint(): SessionSavepoint;
	/** Drops everything done after a savepoint. Throws `USAGE` while a call is under way. */
	rollbackTo(savepoint: SessionSavepoint): void;
	/** Returns what differs from the base, composed. */
	changes(): Changeset;
	/** Milliseconds since 1970, recorded. */
	now(): Promise<number>;
	/** Milliseconds since the session began, with fractions; never goes back. Recorded. */
	monotonic(): Promise<number>;
	/**
	 * A number in [0, 1) from a stream with a name. Each scope has its own streams, so that what draws elsewhere shifts nothing here. The run's
	 * seed is on record and not a secret.
	 */
	random(name?: string): Promise<number>;
	/** A version 4 UUID from a stream of the scope's own. Whoever has the record can compute it. */
	uuid(): Promise<string>;
}

/** A run that has ended. */
export interface EndedRun {
	readonly runId: RunId;
	readonly rootHash: ChainHash;
	readonly changesetId: ChangesetId;
	readonly changes: Changeset;
}

/** What a run is remembered as. */
export interface RunVerdict {
	/** A word for the listing, such as `pass` or `exit 1`. */
	readonly verdict: string;
	readonly failed: boolean;
}
