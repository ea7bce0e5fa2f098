import { RetakeError } from "@retake/base";
import { addressKey, type CallAddress, httpCallName, RecordedAnswers, readTrace, type Secret } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { FollowedExchanges, type FollowOptions } from "./followed-exchanges.ts";
import { RecordedExchanges } from "./recorded-exchanges.ts";

/** How far a run's exchanges are followed. */
export interface FollowExchangesOptions extends Pick<FollowOptions, "onDivergence"> {
	/** The call before which those must have been asked for that are served; null for all. */
	readonly at: CallAddress | null;
	readonly secrets: readonly Secret[];
}

/** Opens a run's exchanges for a process that is executed again. Throws `USAGE` for a call that the run does not have. */
export function followExchanges(
	store: Store,
	run: RunRecord,
	{ at, secrets, onDivergence }: FollowExchangesOptions,
): FollowedExchanges {
	const trace = readTrace(store, run.runId);
	const until = at === null ? Number.POSITIVE_INFINITY : issuedAt(run, trace.calls, at);
	const calls = trace.calls.filter(({ issuedSequence }) => issuedSequence < until);
	const answers = new RecordedAnswers({ store, trace: { ...trace, calls }, tool: httpCallName, secrets });
	const isWhole = at === null && trace.complete;
	return new FollowedExchanges({ recorded: new RecordedExchanges(answers), onDivergence, extraDiverges: isWhole });
}

function issuedAt({ runId }: RunRecord, calls: RecordedAnswers["calls"], { scope, sequence }: CallAddress): number {
	const from = calls.find(({ address }) => address.scope === scope && address.sequence === sequence);
	if (from !== undefined) return from.issuedSequence;
	throw new RetakeError("USAGE", `run ${runId} has no call ${addressKey({ scope, sequence })}`, {
		sort: "misuse",
		remedy: `retake show ${runId} lists its calls`,
	});
}
