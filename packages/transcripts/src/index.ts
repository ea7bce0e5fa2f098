export {
	type ImportedTranscript,
	type ImportTranscriptOptions,
	importTranscript,
	type TranscriptSurvey,
} from "./import-transcript.ts";
export { type ImportedHeader, readImportedHeader } from "./read-imported-header.ts";
export type { Counts, TranscriptTally } from "./tally.ts";
export { type TranscriptFormat, transcriptFormats } from "./transcript-format.ts";
export { transcriptLimits } from "./transcript-limits.ts";
export type { TranscriptOrigin } from "./transcript-reader.ts";
