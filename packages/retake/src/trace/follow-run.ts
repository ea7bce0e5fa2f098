import { setTimeout } from "node:timers/promises";
import { addressKey, RunFollower, type TraceCall } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import { escapeText } from "../terminal/escape-text.ts";
import { cutText } from "../terminal/fit-text.ts";
import { formatDuration } from "../terminal/format.ts";
import type { Face } from "../verb.ts";
import { changedPathsOf, inputLine, outcomeWords } from "./describe-call.ts";

/** How often a run that is being recorded is looked at, milliseconds. */
const lookEveryMs = 200;

/** Writes a line for each call when it begins and when it has ended, until the run has. Throws an `AbortError` on Ctrl-C. */
export async function followRun(
	run: RunRecord,
	store: Store,
	wanted: (call: TraceCall) => boolean,
	{ edges, columns, paint }: Face,
): Promise<RunRecord> {
	const follower = new RunFollower(store, run.runId);
	const width = edges.stdout.isTerminal ? columns : Number.POSITIVE_INFINITY;
	for (;;) {
		for (const call of follower.look().filter(wanted)) {
			const line = cutText(callLine(call, store), width);
			const isWell = call.outcome.kind === "in-flight" || outcomeWords(call).well;
			edges.stdout.stream.write(`${isWell ? line : paint.red(line)}\n`);
		}
		if (follower.run.state !== "open") return follower.run;
		await setTimeout(lookEveryMs, undefined, { signal: edges.interrupted });
	}
}

function callLine(call: TraceCall, store: Store): string {
	const what = `${addressKey(call.address)}  ${escapeText(call.identity.tool)}`;
	const input = escapeText(inputLine(call.input));
	if (call.settledAtMs === null) return `${what}  …  ${input}`;
	const files = changedPathsOf(call, store).length;
	const time = formatDuration(call.settledAtMs - call.issuedAtMs);
	return `${what}  ${escapeText(outcomeWords(call).words)}  ${time}${files === 0 ? "" : `  ${files} changed`}  ${input}`;
}
