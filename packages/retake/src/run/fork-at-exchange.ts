import type { ContinuedRun } from "@retake/evaluator";
import { exchangesBefore } from "@retake/http";
import { type CallAddress, decodeHeader, readTrace } from "@retake/recorder";
import { commandVerdict, decodeCommandProgram, type Runtime, runCommand } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import type { HttpRecording } from "../flags/http-flags.ts";

/**
 * Executes a command whose HTTP was recorded again, as a child run on the recorded base: requests are answered from the record as it stood before a
 * call, and sent from the first that is not on it. The child's record is whole: it holds what was served too. Throws `USAGE`, `BASE_NOT_FOUND`.
 */
export async function forkAtExchange(
	runtime: Runtime,
	run: RunRecord,
	at: CallAddress,
	http: HttpRecording,
	signal: AbortSignal,
): Promise<ContinuedRun> {
	const { base, program: encoded } = decodeHeader(run.header);
	const recorded = exchangesBefore(runtime.store, run, at, http.secrets);
	const program = decodeCommandProgram(encoded);
	await using session = await runtime.startSession({
		base: { ...runtime.reopenBase(base.treeId), commit: base.commit },
		kind: "command",
		title: `fork of ${run.title}`,
		program: encoded,
		parentRunId: run.runId,
		door: http.door,
	});
	const { value: output } = await http.around(session, () => runCommand(session, program, { signal }), recorded);
	signal.throwIfAborted();
	const verdict = commandVerdict(output);
	const ended = await session.keep(verdict);
	const { served } = recorded.report();
	const { calls } = readTrace(runtime.store, ended.runId);
	const origin = { served, executed: calls.length - served, executedAgain: [], divergence: null };
	return { ...ended, ...verdict, parentRunId: run.runId, state: "kept", origin };
}
