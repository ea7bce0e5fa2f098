export { checkOptions } from "./check-options.ts";
export type { CollectedGarbage, GarbageRequest } from "./collect-garbage.ts";
export {
	type CommandProgram,
	commandVerdict,
	decodeCommandProgram,
	encodeCommandProgram,
	type RecordedHttp,
	runCommand,
} from "./command-program.ts";
export { compareOutcome, type ExecutedAgain } from "./compare-outcome.ts";
export { layOverName } from "./live-session.ts";
export { openRecorder } from "./open-recorder.ts";
export { openRuntime } from "./open-runtime.ts";
export { openSession } from "./open-session.ts";
export { openTransaction, type TransactionOptions, type WorkspaceTransaction } from "./open-transaction.ts";
export type { BackgroundProcess, ProcessEnd, ProcessOutput, StoppedProcess } from "./processes/background-process.ts";
export { type ProcessInput, type ProcessToolName, processTools } from "./processes/process-tools.ts";
export { type RecordedStep, recordedSteps } from "./recorded-steps.ts";
export type {
	Base,
	CommitReport,
	CommitTarget,
	ConflictData,
	ForkedSession,
	ForkRunOptions,
	PlaybackReport,
	PlaybackSession,
	Runtime,
	RuntimePorts,
	Session,
	SessionStart,
	Setup,
	SetupResult,
	VerifyDifference,
	VerifyOptions,
	VerifyReport,
	Watch,
} from "./runtime.ts";
export {
	layersChoices,
	type RecorderOptions,
	type RuntimeOptions,
	runtimeOptionsSchema,
	type SessionOptions,
	sessionOptionsSchema,
} from "./runtime-options.ts";
export type {
	AgentSession,
	CallOptions,
	ChunkSink,
	ChunkWriter,
	EndedRun,
	PerformOptions,
	RunVerdict,
	SessionSavepoint,
	StartOptions,
} from "./session.ts";
export type { EnvironmentDifference } from "./surroundings.ts";
export type { ExecOutput } from "./tools/exec.ts";
export { standardTools, type ToolInput, type ToolName, type ToolOutput } from "./tools/standard-tools.ts";
export { spellBytes } from "./tools/text-content.ts";
export { WarmSandboxes } from "./warm-sandboxes.ts";
export { type ErrorClass } from "./wrap/error-description.ts";
export { performRecorded, type RecordedWork } from "./wrap/perform-recorded.ts";
export { type ItemSink, recordedStream, type StreamedWork, streamRecorded } from "./wrap/recorded-stream.ts";
export type { SchemaInput, SchemaOutput, StandardSchema } from "./wrap/standard-schema.ts";
export { encodeStructured } from "./wrap/structured-value.ts";
export type { Fetch, WrapFetchOptions } from "./wrap/wrap-fetch.ts";
export type { RecordedTool, ToolCallOptions, ToolContext, WrapOptions } from "./wrap/wrap-tool.ts";
export type { RecordedTools } from "./wrap/wrap-tools.ts";
