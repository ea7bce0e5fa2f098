import { decodeHeader } from "@retake/recorder";
import type { RunRecord } from "@retake/store";
import type { TranscriptSurvey } from "./import-transcript.ts";

/** What an imported run tells of the transcript that it was. */
export type ImportedHeader = Pick<TranscriptSurvey, "format" | "sha256" | "origin" | "tally">;

/** Reads back what `importTranscript` wrote into a run's header; null for a run of another kind. Throws `STORE_NEWER`. */
export function readImportedHeader(run: RunRecord): ImportedHeader | null {
	return run.kind === "imported" ? (decodeHeader(run.header).program as unknown as ImportedHeader) : null;
}
