import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@retake/base";
import { type CopiedRun, copyRun } from "@retake/recorder";
import type { Runtime } from "@retake/runtime";
import { openTapeFile, type RunRecord } from "@retake/store";
import { type ImportedTranscript, importTranscript, type TranscriptFormat } from "@retake/transcripts";

/** How a transcript is taken in. */
export interface TakeInOptions {
	readonly path: string;
	/** Its sub-agents, each in a file of its own. */
	readonly more?: readonly string[];
	readonly format?: TranscriptFormat;
	readonly clock: Clock;
	readonly signal: AbortSignal;
}

/** A transcript that is a run now, and whether it was new. */
export interface TakenInTranscript {
	readonly run: RunRecord;
	readonly outcome: CopiedRun;
	readonly transcript: ImportedTranscript;
}

/**
 * Takes a transcript in, whole or not at all: it is read into a tape of its own first, so that Ctrl-C, a broken file or another import
 * of the same at once leaves nothing half-done. Throws as `importTranscript` and `copyRun` do.
 */
export async function takeInTranscript(
	{ store, emptyBase }: Runtime,
	{ path, more = [], format, clock, signal }: TakeInOptions,
): Promise<TakenInTranscript> {
	await using scratch = await mkdtempDisposable(join(tmpdir(), "retake-import-"));
	using tape = openTapeFile(join(scratch.path, "transcript.retake"), { clock, mode: "create" });
	const transcript = await importTranscript(tape, {
		path,
		more,
		emptyTreeId: emptyBase.snapshot.treeId,
		signal,
		...(format === undefined ? {} : { format }),
	});
	const run = tape.runs.get(transcript.runId);
	return { run, outcome: store.atomically(() => copyRun(tape, store, run)), transcript };
}
