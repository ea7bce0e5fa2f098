export type {
	CallContext,
	CallRequest,
	Delivered,
	Executed,
	StoredChange,
	Tape,
	TapeReadings,
	ToolSignature,
} from "./call-port.ts";
export { callDocument } from "./diff/call-document.ts";
export { diffTraces, type TraceDiffOptions } from "./diff/diff-traces.ts";
export {
	type ExplainOptions,
	explainRow,
	type FileDifference,
	type RowExplanation,
	type TextDifference,
} from "./diff/explain-row.ts";
export type { IgnoreRule } from "./diff/ignore-rule.ts";
export { type HunkLine, type TextHunk, textHunks } from "./diff/text-hunks.ts";
export type {
	DeletedRow,
	FirstDivergence,
	InsertedRow,
	PairedRow,
	TraceDiff,
	TraceDiffCounts,
	TraceDiffRow,
} from "./diff/trace-diff.ts";
export type { ForkedRecording, ForkOrigin, ForkPoint } from "./fork/forked-recording.ts";
export { type StartForkOptions, startFork } from "./fork/start-fork.ts";
export { type HeaderList, isCredentialHeader } from "./http/http-headers.ts";
export type { HttpPolicy } from "./http/http-policy.ts";
export { canonicalRequest, type HttpRequestParts, httpCallName } from "./http/http-request.ts";
export { decodeHead, encodeHead, type HttpResponseHead, httpStreams } from "./http/http-response.ts";
export { type ForeignCall, ForeignLog } from "./record/foreign-log.ts";
export type { Recording, RecordingEnd } from "./record/recording.ts";
export { type StartRecordingOptions, startRecording } from "./record/start-recording.ts";
export { stallTimeoutMs } from "./recorder-limits.ts";
export { type CallSummary, type Divergence, type DivergenceKind, divergenceError } from "./replay/divergence.ts";
export type { PaceOptions } from "./replay/pace.ts";
export type { Playback, PlaybackReport } from "./replay/playback.ts";
export { type LikelyCall, RecordedAnswers, type RecordedAnswersOptions } from "./replay/recorded-answers.ts";
export { type StartPlaybackOptions, startPlayback } from "./replay/start-playback.ts";
export type { Secret } from "./secrets/redactor.ts";
export { addressKey } from "./trace/address-key.ts";
export { chainNext, chainStart } from "./trace/chain.ts";
export { type CopiedRun, copyRun } from "./trace/copy-run.ts";
export type {
	CallAddress,
	CallIdentity,
	CancelledEvent,
	ChunkEvent,
	IssuedEvent,
	MarkerEvent,
	Outcome,
	RecordedError,
	SettledEvent,
	TraceEvent,
} from "./trace/event.ts";
export { decodeEvent, encodeEvent, readEvent } from "./trace/event-codec.ts";
export { decodeHeader, encodeHeader } from "./trace/header-codec.ts";
export { openTrace } from "./trace/open-trace.ts";
export type { Payload } from "./trace/payload.ts";
export { type PointerDifference, pointerDifferences } from "./trace/pointer-differences.ts";
export { readOutcome } from "./trace/read-outcome.ts";
export { readTrace } from "./trace/read-trace.ts";
export { errorWord, fromRecordedError, noFailureDetails } from "./trace/recorded-error.ts";
export { RunFollower } from "./trace/run-follower.ts";
export type { RunBase, RunHeader, RunNetwork } from "./trace/run-header.ts";
export type { RunIndex } from "./trace/run-index.ts";
export { decodeOutcome, encodeOutcome, type RunOutcome } from "./trace/run-outcome.ts";
export type { StoredEvent } from "./trace/stored-event.ts";
export type { CallPlace, StoredTrace } from "./trace/stored-trace.ts";
export {
	endsOf,
	type Trace,
	type TraceCall,
	type TraceChunk,
	type TraceEnd,
	type TraceMarker,
	type TraceOutcome,
} from "./trace/trace.ts";
export { semanticsVersion } from "./trace/upgrade/semantics-version.ts";
export { type VerifiedRun, verifyChain } from "./trace/verify-chain.ts";
