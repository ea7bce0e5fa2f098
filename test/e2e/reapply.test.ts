import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSession } from "retake";
import { expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

interface Reapplied {
	readonly runId: string;
	readonly executed: number;
	readonly skipped: readonly string[];
	readonly calls: number;
	readonly differences: readonly { readonly address: string; readonly field: string }[];
	readonly changedPaths: readonly string[];
	readonly outcome: string;
}

/** Records what somebody did once: a rename over the whole tree, one way tried and taken back, and a model that was asked. */
async function recordSkill(workspace: string): Promise<string> {
	await using session = await openSession({ workspace });
	await session.perform("model", { prompt: "how?" }, async () => "rename it");
	await session.call("exec", { argv: ["sh", "-c", "sed -i s/old/new/ *.txt && ls"] });
	const savepoint = session.savepoint();
	await session.call("write_file", { path: "wrong.txt", content: "taken back" });
	session.rollbackTo(savepoint);
	await session.call("read_file", { path: "a.txt" });
	return (await session.keep({ verdict: "done", failed: false })).runId;
}

async function reapply(workspace: string, ...words: readonly string[]) {
	const { exitCode, stdout, stderr } = await retake(workspace, "reapply", ...words, "--json");
	expect(stderr).toBe("");
	return { exitCode, report: JSON.parse(stdout) as Reapplied };
}

test("what was done once is done again on the workspace as it is now, and can be committed", async () => {
	using workspace = scratchWorkspace({ "a.txt": "old a\n", "b.txt": "old b\n" });
	const skill = await recordSkill(workspace.path);
	writeFileSync(join(workspace.path, "b.txt"), "since then, old again\n");
	const { exitCode, report } = await reapply(workspace.path, skill);
	expect(report).toMatchObject({ of: skill, calls: 3, executed: 3, differences: [], outcome: "kept" });
	expect(report.changedPaths).toEqual(["a.txt", "b.txt"]);
	expect(exitCode).toBe(0);
	expect((await retake(workspace.path, "commit", report.runId)).exitCode).toBe(0);
	expect(readFileSync(join(workspace.path, "b.txt"), "utf8")).toBe("since then, new again\n");
	expect((await retake(workspace.path, "replay", report.runId)).exitCode).toBe(0);
});

test("it stops at the first result that differs and drops the changes, or goes on and reports every one", async () => {
	using workspace = scratchWorkspace({ "a.txt": "old a\n", "b.txt": "old b\n" });
	const skill = await recordSkill(workspace.path);
	writeFileSync(join(workspace.path, "a.txt"), "another, old\n");
	writeFileSync(join(workspace.path, "c.txt"), "one more\n");
	const stopped = await reapply(workspace.path, skill);
	expect(stopped.exitCode).toBe(1);
	expect(stopped.report).toMatchObject({ executed: 1, outcome: "rolled-back" });
	expect(stopped.report.differences).toMatchObject([{ address: "/#1", field: "stdout" }]);
	const whole = await reapply(workspace.path, skill, "--keep-going");
	expect(whole.exitCode).toBe(1);
	expect(whole.report).toMatchObject({ executed: 3, outcome: "kept" });
	expect(whole.report.differences.map(({ address, field }) => `${address} ${field}`)).toEqual([
		"/#1 stdout",
		"/#3 outcome",
	]);
	expect(readFileSync(join(workspace.path, "a.txt"), "utf8")).toBe("another, old\n");
});

test("the text sets what came out beside what is on record, from the first line that differs", async () => {
	using workspace = scratchWorkspace({ "a.txt": "old a\n", "b.txt": "old b\n" });
	const skill = await recordSkill(workspace.path);
	writeFileSync(join(workspace.path, "aa.txt"), "one more: größer\n");
	const { stdout, exitCode } = await retake(workspace.path, "reapply", skill);
	expect(exitCode).toBe(1);
	expect(stdout).toContain("call /#1, exec: stdout, line 2 differs");
	expect(stdout).toMatch(/\n {4}recorded {2}b\.txt\n {4}actual {4}aa\.txt\n/);
	writeFileSync(join(workspace.path, "a.txt"), "größer, old\n");
	const going = await retake(workspace.path, "reapply", skill, "--keep-going");
	expect(going.stdout).toMatch(
		/call \/#3, read_file: outcome differs[^\n]*\n {4}recorded {2}.*new a.*\n {4}actual .*größer, new/,
	);
});

test("a run is reapplied on another workspace, whose files it then changes and no others", async () => {
	using workspace = scratchWorkspace({ "a.txt": "old a\n", "b.txt": "old b\n" });
	using other = scratchWorkspace({ "a.txt": "old a\n", "b.txt": "quite other, old\n" });
	const skill = await recordSkill(workspace.path);
	const store = join(workspace.path, ".retake");
	const { exitCode, report } = await reapply("/", skill, "--workspace", other.path, "--store", store);
	expect(report).toMatchObject({ executed: 3, differences: [], changedPaths: ["a.txt", "b.txt"], outcome: "kept" });
	expect(exitCode).toBe(0);
	const committed = await retake("/", "commit", report.runId, "--workspace", other.path, "--store", store);
	expect(committed.exitCode, committed.stderr).toBe(0);
	expect(readFileSync(join(other.path, "b.txt"), "utf8")).toBe("quite other, new\n");
	expect(readFileSync(join(workspace.path, "b.txt"), "utf8")).toBe("old b\n");
	// By way of a file, the other workspace needs no store of the first.
	const tape = join(workspace.path, "skill.retake");
	expect((await retake(workspace.path, "export", skill, "--to", tape)).exitCode).toBe(0);
	using third = scratchWorkspace({ "a.txt": "old a\n", "b.txt": "old b\n" });
	expect((await retake(third.path, "import", tape)).exitCode).toBe(0);
	expect((await reapply(third.path, skill)).report).toMatchObject({ executed: 3, differences: [], outcome: "kept" });
});

test("savepoints are taken and rolled back to, a fork begins with what it came from, calls that failed fail again", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	let fork = "";
	let whole = "";
	{
		await using session = await openSession({ workspace: workspace.path });
		await session.call("write_file", { path: "before.txt", content: "of the first run\n" });
		const savepoint = session.savepoint();
		await session.call("write_file", { path: "inner.txt", content: "1\n" });
		const inner = session.savepoint();
		await session.call("write_file", { path: "inner.txt", content: "2\n" });
		session.rollbackTo(inner);
		await session.call("exec", { argv: ["cat", "inner.txt"] });
		session.rollbackTo(savepoint);
		await session.call("exec", { argv: ["sh", "-c", "ls; echo why >&2; exit 3"] });
		await session.call("read_file", { path: "absent" }).catch(() => {});
		await using child = await session.fork();
		await child.call("exec", { argv: ["sh", "-c", "cat before.txt; echo forked > forked.txt"] });
		fork = (await child.keep({ verdict: "done", failed: false })).runId;
		whole = (await session.keep({ verdict: "done", failed: false })).runId;
	}
	const reapplied = await reapply(workspace.path, whole);
	expect(reapplied.report).toMatchObject({ executed: 6, differences: [], skipped: [], changedPaths: ["before.txt"] });
	expect(reapplied.exitCode).toBe(0);
	const forked = await reapply(workspace.path, fork);
	expect(forked.report).toMatchObject({ differences: [], changedPaths: ["before.txt", "forked.txt"] });
	expect(forked.exitCode).toBe(0);
	// What failed then and does not fail now is a difference.
	writeFileSync(join(workspace.path, "absent"), "here now\n");
	const { report } = await reapply(workspace.path, whole, "--keep-going");
	expect(report.differences.map(({ address, field }) => `${address} ${field}`)).toEqual(["/#4 stdout", "/#5 outcome"]);
});

test("a call that somebody had cancelled is not executed again, and is told", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using session = await openSession({ workspace: workspace.path });
	const cancelling = new AbortController();
	const long = session.call(
		"exec",
		{ argv: ["sh", "-c", "echo begun; sleep 300"] },
		{ signal: cancelling.signal, onChunk: () => cancelling.abort() },
	);
	await long.catch(() => {});
	await session.call("write_file", { path: "b.txt", content: "after\n" });
	const { runId } = await session.keep({ verdict: "done", failed: false });
	const { exitCode, report } = await reapply(workspace.path, runId);
	expect(report).toMatchObject({ skipped: ["/#0"], executed: 1, differences: [], changedPaths: ["b.txt"] });
	expect(exitCode).toBe(0);
	expect((await retake(workspace.path, "reapply", runId)).stdout).toContain("1 call not executed, cancelled then: /#0");
}, 120_000);
