import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { continueRun } from "retake";
import { expect, test } from "vitest";
import { errorDocument } from "../../packages/retake/src/json/error-document.ts";
import { evalDocument } from "../../packages/retake/src/json/eval-document.ts";
import { replayDocument } from "../../packages/retake/src/json/replay-document.ts";
import { resumeDocument } from "../../packages/retake/src/json/resume-document.ts";
import { runsDocument } from "../../packages/retake/src/json/runs-document.ts";
import { retake, startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

async function json<Value>(
	directory: string,
	exitCode: number,
	schema: { parse(value: unknown): Value },
	...words: string[]
): Promise<Value> {
	const ended = await retake(directory, ...words, "--json");
	expect(ended, words.join(" ")).toMatchObject({ exitCode, stderr: "" });
	return schema.parse(JSON.parse(ended.stdout));
}

test("a candidate's run is forked at its check: the change is served, the check is executed", async () => {
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	const here = workspace.path;
	const words = [
		"eval",
		"--check",
		"dice=od -An -N8 -tx8 /dev/urandom; cat new.txt",
		"--candidate-cmd",
		"a=echo hi > new.txt",
	];
	const { candidates } = await json(here, 0, evalDocument, ...words);
	const [candidate] = candidates;
	const parent = String(candidate?.runId);
	const fork = await json(here, 0, resumeDocument, "replay", parent, "--fork-at", "1");
	expect(fork).toMatchObject({
		parentRunId: parent,
		served: 1,
		executed: 1,
		executedAgain: [],
		verdict: "pass",
		changedPaths: ["new.txt"],
		outcome: "kept",
	});
	const replay = await json(here, 0, replayDocument, "replay", fork.runId);
	expect(replay).toMatchObject({ served: 2, divergences: [] });
	const [before, after] = [await retake(here, "show", parent, "1"), await retake(here, "show", fork.runId, "1")];
	expect(after.stdout).toContain("hi");
	expect(after.stdout).not.toBe(before.stdout);
	const people = await retake(here, "replay", parent, "--fork-at", "/#1");
	expect(people.stdout).toMatch(
		new RegExp(`^run \\w+, a child of ${parent}\n1 call served from the record, 1 executed\n`),
	);
	const none = await json(here, 2, errorDocument, "replay", parent, "--fork-at", "7");
	expect(none.error).toMatchObject({ code: "USAGE", message: expect.stringContaining("has no call at /#7") });
	const whole = await json(here, 2, errorDocument, "resume", parent);
	expect(whole.error).toMatchObject({ code: "RUN_STATE", remedy: expect.stringContaining("--fork-at") });
	const library = await continueRun(fork.runId, { workspace: here, at: 2 });
	expect(library).toMatchObject({ parentRunId: fork.runId, state: "kept", origin: { served: 2, executed: 0 } });
});

test("a command that was killed with Retake is resumed to what it would have come to", async () => {
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	const here = workspace.path;
	const words = ["run", "--", "sh", "-c", "echo two >> notes.txt; echo begun; sleep 2; echo three >> notes.txt"];
	const killed = startRetake(here, words);
	await killed.shows("begun");
	killed.child.kill("SIGKILL");
	await killed.ended;
	const { runs } = await json(here, 0, runsDocument, "runs");
	expect(runs[0]).toMatchObject({ state: "open" });
	const resumed = await json(here, 0, resumeDocument, "resume", "@last");
	expect(resumed).toMatchObject({
		parentRunId: runs[0]?.runId,
		served: 0,
		executed: 1,
		executedAgain: ["/#0"],
		verdict: "exit 0",
		changedPaths: ["notes.txt"],
	});
	expect((await retake(here, "commit", resumed.runId)).exitCode).toBe(0);
	// Nothing of the first attempt is left: the file was written to once.
	expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe("one\ntwo\nthree\n");
	expect(readdirSync(here)).toEqual([".retake", "notes.txt"]);
});

test("a playback keeps its delays under a time scale, and a policy is chosen by name", async () => {
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	const here = workspace.path;
	await retake(here, "run", "--keep", "--", "sh", "-c", "sleep 1; date +%N > now.txt");
	const startedAt = performance.now();
	const paced = await json(here, 0, replayDocument, "replay", "@last", "--time-scale", "2", "--policy", "report");
	expect(paced).toMatchObject({ served: 1, divergences: [] });
	expect(performance.now() - startedAt).toBeGreaterThan(2_000);
	const forked = await json(here, 0, resumeDocument, "replay", "@last", "--policy", "fork");
	expect(forked).toMatchObject({ served: 1, executed: 0, changedPaths: ["now.txt"] });
	const refused = await retake(here, "replay", "@last", "--policy", "fork", "--verify");
	expect(refused.exitCode).toBe(2);
	expect(refused.stderr).toContain("cannot be used with");
});
