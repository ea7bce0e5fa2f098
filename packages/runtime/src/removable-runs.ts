import type { RunId } from "@retake/base";
import type { RunRecord } from "@retake/store";
import type { GarbageRequest } from "./collect-garbage.ts";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Chooses the runs that a request lets go, from all, newest first; `now` in milliseconds. Never one that is open, and never one from which
 * another came that stays.
 */
export function removableRuns(
	runs: readonly RunRecord[],
	{ olderThanDays, keep }: Pick<GarbageRequest, "olderThanDays" | "keep">,
	now: number,
): readonly RunRecord[] {
	if (olderThanDays === undefined && keep === undefined) return [];
	const known = new Map(runs.map((run) => [run.runId, run]));
	const parentOf = ({ parentRunId }: RunRecord): RunRecord | undefined =>
		parentRunId === null ? undefined : known.get(parentRunId);
	const rootOf = (run: RunRecord): RunId => {
		let root = run;
		for (let parent = parentOf(root); parent !== undefined; parent = parentOf(parent)) root = parent;
		return root.runId;
	};
	const roots = runs.filter((run) => parentOf(run) === undefined);
	const kept = new Set(keep === undefined ? [] : roots.slice(0, keep).map(({ runId }) => runId));
	const endedBefore = olderThanDays === undefined ? now : now - olderThanDays * dayMs;
	const staying = new Set<RunId>();
	for (const run of runs) {
		if (run.endedAt !== null && run.endedAt <= endedBefore && !kept.has(rootOf(run))) continue;
		for (let at: RunRecord | undefined = run; at !== undefined; at = parentOf(at)) staying.add(at.runId);
	}
	return runs.filter(({ runId }) => !staying.has(runId));
}
