import type { SandboxLimits } from "@retake/base";
import type { Blobs, TreeReader } from "@retake/changeset";
import type { ExecRequest, ExecResult } from "@retake/sandbox";
import type { WritableLayer } from "@retake/txfs";
import type { z } from "zod";

/** What a tool that only reads may touch. */
export interface ReadContext {
	/** The session's tree as of the last finished call. */
	readonly tree: TreeReader;
	readonly blobs: Blobs;
	readonly limits: SandboxLimits;
	readonly signal: AbortSignal;
}

/** What a tool that writes may touch: the same, and the layer of its own call. */
export interface WriteContext extends ReadContext {
	readonly layer: WritableLayer;
	/** Runs a command in the session's sandbox on this call's layer. */
	readonly exec: (request: Omit<ExecRequest, "workspace" | "signal">) => Promise<ExecResult>;
	/** Delivers and records a part of the output, where the caller asked for it. */
	readonly chunk: ((stream: "stdout" | "stderr", bytes: Uint8Array) => void) | undefined;
}

/** A tool that cannot change files. */
export interface ReadTool<Input extends z.ZodType, Output> {
	readonly effect: "reads";
	readonly name: string;
	readonly description: string;
	readonly input: Input;
	readonly run: (context: ReadContext, input: z.output<Input>) => Promise<Output>;
}

/** A tool whose call has a layer of its own. */
export interface WriteTool<Input extends z.ZodType, Output> {
	readonly effect: "writes";
	readonly name: string;
	readonly description: string;
	readonly input: Input;
	readonly run: (context: WriteContext, input: z.output<Input>) => Promise<Output>;
}
