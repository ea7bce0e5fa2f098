export { checkOptions } from "./check-options.ts";
export type { CollectedGarbage, GarbageRequest } from "./collect-garbage.ts";
export {
	type CommandProgram,
	commandVerdict,
	decodeCommandProgram,
	encodeCommandProgram,
	runCommand,
} from "./command-program.ts";
export { compareOutcome, type ExecutedAgain } from "./compare-outcome.ts";
export { layOverName } from "./live-session.ts";
export { openRuntime } from "./open-runtime.ts";
export { openSession } from "./open-session.ts";
export { openTransaction, type TransactionOptions, type WorkspaceTransaction } from "./open-transaction.ts";
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
	VerifyReport,
	Watch,
} from "./runtime.ts";
export {
	type RuntimeOptions,
	runtimeOptionsSchema,
	type SessionOptions,
	sessionOptionsSchema,
} from "./runtime-options.ts";
export type { AgentSession, CallOptions, ChunkSink, EndedRun, RunVerdict, SessionSavepoint } from "./session.ts";
export type { ExecOutput } from "./tools/exec.ts";
export { standardTools, type ToolInput, type ToolName, type ToolOutput } from "./tools/standard-tools.ts";
export { spellBytes } from "./tools/text-content.ts";
