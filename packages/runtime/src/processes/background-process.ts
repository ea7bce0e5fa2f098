import type { MergeConflictKind } from "@retake/changeset";
import type { ExecResult } from "@retake/sandbox";
import type { RefusedPath } from "@retake/txfs";
import type { ProcessInput } from "./process-tools.ts";

/** How a process ended. What it printed came as it came. */
export type ProcessEnd = Omit<ExecResult, "usage" | "stdout" | "stderr">;

/** What a process has printed since it was last asked for. */
export interface ProcessOutput {
	readonly stdout: Uint8Array;
	readonly stderr: Uint8Array;
	/** Whether it had not ended, and may print more. */
	readonly running: boolean;
}

/** What became of what a process wrote. */
export interface StoppedProcess {
	/** How it ended, by itself or because it was stopped. */
	readonly end: ProcessEnd;
	/** Paths on which it and the session disagree: they are as the session has them. */
	readonly conflicts: readonly { readonly path: string; readonly kind: MergeConflictKind }[];
	/** What it left that is never captured: changes under `.git`, bits that were stripped. */
	readonly refused: readonly { readonly path: string; readonly reason: RefusedPath["reason"] }[];
}

type OfProcess<Name extends "output" | "write_input" | "stop"> = Omit<ProcessInput<Name>, "process">;

/**
 * A command that runs on while the session makes other calls. It works on a private view of the tree as it was when it was started: it does
 * not see what the session does afterwards, and the session does not see what it writes until it is stopped. Each of these is
 * recorded; in playback all comes from the record.
 */
export interface BackgroundProcess {
	/** Counts the session's processes from 1, in the order in which they were started. */
	readonly id: number;
	/** Resolves when it has ended, by itself or because it was stopped. Rejects where it could not be started. */
	readonly ended: Promise<ProcessEnd>;
	/** Returns what it has printed since this was last called, after waiting for something new for as long as is asked. */
	output(input?: OfProcess<"output">): Promise<ProcessOutput>;
	/** Types at its terminal, or writes to its standard input. Throws `TOOL_FAILED` where it has ended. */
	write(input: OfProcess<"write_input">): Promise<void>;
	/** Changes the size of its terminal. Throws `TOOL_FAILED` where it has none or has ended. */
	resize(size: { readonly columns: number; readonly rows: number }): Promise<void>;
	/**
	 * Ends it if it has not ended, with all that it started, and merges what it wrote into the session's tree, three ways and path by path,
	 * unless it is to be discarded. Queued as the session's other calls are. Throws `TOOL_FAILED` where it was stopped before.
	 */
	stop(input?: OfProcess<"stop">): Promise<StoppedProcess>;
}
