import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openSession } from "retake";
import { expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

interface Reapplied {
	readonly runId: string;
	readonly executed: number;
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
