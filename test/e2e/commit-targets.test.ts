import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitDocument } from "../../packages/retake/src/json/commit-document.ts";
import { runDocument } from "../../packages/retake/src/json/run-document.ts";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

let workspace: ScratchWorkspace;
let here = "";

function git(...args: readonly string[]): string {
	const identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"];
	return execFileSync("git", ["-C", here, ...identity, ...args], { encoding: "utf8", stdio: "pipe" }).trim();
}

/** Runs a command in the sandbox and returns the id of the run that keeps its changes. */
async function kept(...argv: readonly string[]): Promise<string> {
	const ended = await retake(here, "run", "--json", "--", ...argv);
	return runDocument.parse(JSON.parse(ended.stdout)).runId;
}

beforeEach(() => {
	workspace = scratchWorkspace({ "notes.txt": "one\n" });
	here = workspace.path;
	git("init", "-q");
	writeFileSync(join(here, ".gitignore"), "*.patch\n");
	git("add", "-A");
	git("commit", "-qm", "base");
});
afterEach(() => workspace[Symbol.dispose]());

test("to a patch file that git apply takes; one that is there is only replaced where that is asked for", async () => {
	writeFileSync(join(here, "fix.patch"), "somebody's\n");
	const run = await kept("sh", "-c", "echo two >> notes.txt; printf x > new");
	const refused = await retake(here, "commit", run, "--to", "patch:fix.patch");
	expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--overwrite") });
	expect(readFileSync(join(here, "fix.patch"), "utf8")).toBe("somebody's\n");
	const ended = await retake(here, "commit", run, "--to", "patch:fix.patch", "--overwrite", "--json");
	const { committed } = commitDocument.parse(JSON.parse(ended.stdout));
	const bytes = readFileSync(join(here, "fix.patch")).length;
	expect(committed).toEqual({ kind: "patch", file: join(here, "fix.patch"), bytes });
	expect(git("status", "--porcelain")).toBe("");
	git("apply", "fix.patch");
	expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe("one\ntwo\n");
});

test("to a branch, with the run among the trailers", async () => {
	const run = await kept("sh", "-c", "echo two >> notes.txt");
	const message = "Count on\n\nSigned-off-by: T <t@example.org>";
	const ended = await retake(here, "commit", run, "--to", "branch:fix", "--message", message);
	expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
	expect(git("log", "-1", "--format=%(trailers:only)", "fix").split("\n")).toEqual([
		"Signed-off-by: T <t@example.org>",
		`Retake-Run: ${run}`,
	]);
	expect(git("fsck", "--strict")).toBe("");
});
