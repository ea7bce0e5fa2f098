import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@retake/base";
import { readTrace } from "@retake/recorder";
import { openStore, type RunRecord } from "@retake/store";
import { expect, test } from "vitest";
import { rewrite } from "../../packages/recorder/test/trace/rewrite.ts";
import { replayDocument } from "../../packages/retake/src/json/replay-document.ts";
import { resumeDocument } from "../../packages/retake/src/json/resume-document.ts";
import { retake, startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

async function json<Value>(
	directory: string,
	schema: { parse(value: unknown): Value },
	...words: string[]
): Promise<Value> {
	const ended = await retake(directory, ...words, "--json");
	expect(ended, words.join(" ")).toMatchObject({ exitCode: 0, stderr: "" });
	return schema.parse(JSON.parse(ended.stdout));
}

function runsIn(directory: string): readonly RunRecord[] {
	using store = openStore(join(directory, ".retake"), { clock: systemClock, readOnly: true });
	return store.runs.list();
}

function statesOf(directory: string, title: string): readonly string[] {
	return runsIn(directory)
		.filter((run) => run.kind === "candidate" && run.title === title)
		.map(({ state }) => state);
}

test("an evaluation that was killed is resumed: who finished is not run again, on record or only by its own run", {
	timeout: 600_000,
}, async () => {
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	const here = workspace.path;
	const candidates = [
		"a=echo long enough to lose > x.txt",
		"b=exit 3",
		"c=sleep 9; echo c > x.txt",
		"d=echo d > x.txt",
	];
	const killed = startRetake(here, [
		"eval",
		"--jobs",
		"1",
		"--check",
		"there=cat x.txt",
		...candidates.flatMap((candidate) => ["--candidate-cmd", candidate]),
	]);
	const isInTheMiddle = () => {
		try {
			return statesOf(here, "b").some((state) => state !== "open") && statesOf(here, "c").length === 1;
		} catch {
			// The store is not there yet.
			return false;
		}
	};
	for (let tries = 0; !isInTheMiddle() && tries < 600; tries++) await sleep(100);
	killed.child.kill("SIGKILL");
	await killed.ended;
	expect(["a", "b", "c", "d"].map((title) => statesOf(here, title))).toEqual([["kept"], ["rolled-back"], ["open"], []]);

	// As if it had been killed a moment earlier: `b` has ended, and the evaluation does not know.
	const cut = runsIn(here).find(({ kind }) => kind === "evaluation");
	if (cut === undefined) throw new Error("the evaluation is on record");
	expect(cut.state).toBe("open");
	{
		using store = openStore(join(here, ".retake"), { clock: systemClock });
		const ofB = readTrace(store, cut.runId).calls.find(({ input }) => (input as { name: string }).name === "b");
		const from = ofB?.settledSequence ?? null;
		if (from !== null)
			rewrite(join(here, ".retake/retake.db"), [
				`DELETE FROM event WHERE run = (SELECT id FROM run WHERE run_id = '${cut.runId}') AND sequence >= ${from}`,
			]);
	}

	const resumed = await json(here, resumeDocument, "resume", cut.runId);
	expect(resumed).toMatchObject({
		parentRunId: cut.runId,
		verdict: "selected c",
		failed: false,
		changedPaths: ["x.txt"],
		outcome: "kept",
		served: 1,
	});
	expect(["a", "b", "c", "d"].map((title) => statesOf(here, title).length)).toEqual([1, 1, 2, 1]);
	const replayed = await json(here, replayDocument, "replay", resumed.runId);
	expect(replayed.divergences).toEqual([]);
	expect(replayed.rootHash.recomputed).toBe(replayed.rootHash.recorded);
	// What was kept to be resumed from is still there after a collection.
	expect((await retake(here, "gc")).exitCode).toBe(0);
	expect((await json(here, resumeDocument, "resume", cut.runId)).verdict).toBe("selected c");
	expect((await retake(here, "commit", resumed.runId)).exitCode).toBe(0);
});
