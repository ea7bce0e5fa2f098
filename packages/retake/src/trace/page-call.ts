import type { ChainHash } from "@retake/base";
import { addressKey, type TraceCall } from "@retake/recorder";
import type { RunRecord, Store } from "@retake/store";
import type { PageCall, PageRun } from "@retake/viewer";
import { formatDuration } from "../terminal/format.ts";
import { changedPathsOf, inputLine, outcomeWords } from "./describe-call.ts";

/** Says of a run what a page says of it. */
export function pageRun(run: RunRecord, calls: number, rootHash: ChainHash): PageRun {
	return {
		runId: run.runId,
		title: run.title,
		verdict: run.verdict ?? "cut off",
		failed: run.failed !== false,
		startedAt: run.startedAt === 0 ? "not told" : new Date(run.startedAt).toISOString(),
		calls,
		rootHash,
	};
}

/** Says of a call what a row of a page says of it; null for none. */
export function pageCall(call: TraceCall, store: Store): PageCall;
export function pageCall(call: TraceCall | null, store: Store): PageCall | null;
export function pageCall(call: TraceCall | null, store: Store): PageCall | null {
	if (call === null) return null;
	const { words, well } = outcomeWords(call);
	return {
		address: addressKey(call.address),
		tool: call.identity.tool,
		input: inputLine(call.input).slice(0, 400),
		outcome: words,
		isWell: well,
		duration: call.settledAtMs === null ? "" : formatDuration(call.settledAtMs - call.issuedAtMs),
		changed: changedPathsOf(call, store).length,
	};
}
