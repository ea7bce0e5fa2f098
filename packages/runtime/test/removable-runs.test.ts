import type { RunId } from "@retake/base";
import type { RunRecord } from "@retake/store";
import { expect, test } from "vitest";
import { removableRuns } from "../src/removable-runs.ts";

const dayMs = 24 * 60 * 60 * 1000;
const now = 100 * dayMs;
const run = (runId: string, endedDaysAgo: number | null, parent: string | null = null): RunRecord => ({
	runId: runId as RunId,
	parentRunId: parent as RunId | null,
	kind: "command",
	title: runId,
	startedAt: now - (endedDaysAgo ?? 50) * dayMs,
	endedAt: endedDaysAgo === null ? null : now - endedDaysAgo * dayMs,
	state: endedDaysAgo === null ? "open" : "kept",
	failed: null,
	verdict: null,
	changesetId: null,
	rootHash: null,
	header: new Uint8Array(),
});
// Newest first, as the store lists them.
const runs = [
	run("today", 0),
	run("fork-of-old", 1, "old-with-fork"),
	run("child", 10, "evaluation"),
	run("evaluation", 10),
	run("old-with-fork", 40),
	run("open", null),
	run("child-of-open", 60, "open"),
	run("old-child", 70, "old"),
	run("old", 70),
	run("orphan", 80, "long-gone"),
];

test.each([
	[{}, []],
	[{ olderThanDays: 30 }, ["child-of-open", "old-child", "old", "orphan"]],
	[{ olderThanDays: 5 }, ["child", "evaluation", "child-of-open", "old-child", "old", "orphan"]],
	[{ keep: 2 }, ["fork-of-old", "old-with-fork", "child-of-open", "old-child", "old", "orphan"]],
	[{ keep: 0 }, runs.map(({ runId }) => runId).filter((name) => name !== "open")],
	[{ keep: 5, olderThanDays: 75 }, ["orphan"]],
	[{ keep: 100 }, []],
])("%j lets go of %j", (request, expected) => {
	const removed = removableRuns(runs, request, now);
	expect(removed.map(({ runId }) => runId)).toEqual(expected);
	const left = new Set(runs.filter((each) => !removed.includes(each)).map(({ runId }) => runId));
	for (const { parentRunId } of runs.filter(({ runId }) => left.has(runId)))
		if (parentRunId !== null && parentRunId !== "long-gone") expect(left.has(parentRunId)).toBe(true);
});
