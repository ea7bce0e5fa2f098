import { RetakeError } from "@retake/base";
import { addressKey, type CallAddress, httpCallName, RecordedAnswers, readTrace, type Secret } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { RecordedExchanges } from "./recorded-exchanges.ts";

/**
 * Opens a run's exchanges that had been asked for before one of its calls, and had ended: what a process is served that is executed again up to there.
 * Throws `USAGE` for a call that the run does not have.
 */
export function exchangesBefore(
	store: Store,
	run: RunRecord,
	at: CallAddress,
	secrets: readonly Secret[],
): RecordedExchanges {
	const trace = readTrace(store, run.runId);
	const from = trace.calls.find(({ address }) => address.scope === at.scope && address.sequence === at.sequence);
	if (from === undefined) {
		throw new RetakeError("USAGE", `run ${run.runId} has no call ${addressKey(at)}`, {
			sort: "misuse",
			remedy: `retake show ${run.runId} lists its calls`,
		});
	}
	const calls = trace.calls.filter(
		({ issuedSequence, settledSequence }) => issuedSequence < from.issuedSequence && settledSequence !== null,
	);
	return new RecordedExchanges(new RecordedAnswers({ store, trace: { ...trace, calls }, tool: httpCallName, secrets }));
}
