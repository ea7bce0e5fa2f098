import type { ContinuedRun } from "@retake/evaluator";
import { type FollowExchangesOptions, followExchanges } from "@retake/http";
import { decodeHeader, httpCallName, openTrace, readTrace, type TraceCall } from "@retake/recorder";
import {
	commandVerdict,
	decodeCommandProgram,
	type ExecOutput,
	type ForkedSession,
	type ForkRunOptions,
	type Runtime,
	runCommand,
} from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import type { HttpRecording } from "../flags/http-flags.ts";

/** How a command whose HTTP was recorded is continued. */
export interface ContinueWithHttpOptions
	extends Pick<FollowExchangesOptions, "at" | "onDivergence">,
		Pick<ForkRunOptions, "title"> {
	/** Whether a command that has its end on record is not executed again. */
	readonly servesCommand: boolean;
	readonly signal: AbortSignal;
}

/**
 * Executes a command whose HTTP was recorded again, as a child run on the recorded base: requests are answered from the record as long as the
 * command follows it up to a call, and then sent. The child's record is whole: it holds what was served too. Throws `USAGE`,
 * `BASE_NOT_FOUND`, and `DIVERGENCE` where that is to stop it; the child is then rolled back.
 */
export async function continueWithHttp(
	runtime: Runtime,
	run: RunRecord,
	http: HttpRecording,
	{ at, onDivergence, title, servesCommand, signal }: ContinueWithHttpOptions,
): Promise<ContinuedRun> {
	const { store } = runtime;
	const program = decodeCommandProgram(decodeHeader(run.header).program);
	const named = title === undefined ? {} : { title };
	const { calls } = readTrace(store, run.runId);
	if (servesCommand && calls.every(({ settledSequence }) => settledSequence !== null)) {
		const command = calls.find(({ identity }) => identity.tool === "exec");
		if (command?.outcome.kind === "result") {
			await using session = await runtime.forkRun(run, named);
			const work = () => runCommand(session, program);
			const [output] = await session.parallel<ExecOutput | null>([work, () => issueAgain(session, calls)]);
			return await keep(session, run, output as ExecOutput);
		}
	}
	const followed = followExchanges(store, run, { at, onDivergence, secrets: http.secrets });
	// Nothing of the record is served by the session itself: its calls are made by the command and the proxy.
	await using session = await runtime.forkRun(run, { ...named, at: 0, door: http.door });
	const either = AbortSignal.any([signal, followed.stopped]);
	const work = () => runCommand(session, program, { signal: either });
	const ended = await http.around(session, work, followed).catch((thrown: unknown) => {
		followed.stopped.throwIfAborted();
		throw thrown;
	});
	either.throwIfAborted();
	const kept = await keep(session, run, ended.value);
	const origin = followed.origin();
	const executed = openTrace(store, kept.runId).size - origin.served;
	const executedAgain = [...unfinished(calls), ...origin.executedAgain];
	return { ...kept, origin: { ...origin, executed, executedAgain } };
}

async function keep(session: ForkedSession, { runId }: RunRecord, output: ExecOutput): Promise<ContinuedRun> {
	const verdict = commandVerdict(output);
	const ended = await session.keep(verdict);
	return { ...ended, ...verdict, parentRunId: runId, state: "kept", origin: session.origin };
}

/** Issues the recorded exchanges again, to a session that serves them all. */
async function issueAgain(session: ForkedSession, calls: readonly TraceCall[]): Promise<null> {
	const exchanges = calls.filter(({ identity }) => identity.tool === httpCallName);
	const issued = exchanges.map(({ input, outcome }) => {
		const cancel = new AbortController();
		const ended = session.perform(httpCallName, input, neverSent, { signal: cancel.signal });
		if (outcome.kind === "cancelled") cancel.abort();
		return ended;
	});
	// What failed or was cancelled is so again.
	await Promise.allSettled(issued);
	return null;
}

async function neverSent(): Promise<never> {
	throw new TypeError("an exchange with its end on record was sent");
}

/** The command itself, where the record was cut off before its end. */
function unfinished(calls: readonly TraceCall[]): TraceCall["address"][] {
	return calls
		.filter(({ identity, settledSequence }) => identity.tool === "exec" && settledSequence === null)
		.map(({ address }) => address);
}
