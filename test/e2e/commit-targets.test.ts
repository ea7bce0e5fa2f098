import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commitDocument } from "../../packages/retake/src/json/commit-document.ts";
import { doctorDocument } from "../../packages/retake/src/json/doctor-document.ts";
import { recoverDocument } from "../../packages/retake/src/json/recover-document.ts";
import { runDocument } from "../../packages/retake/src/json/run-document.ts";
import { retake, startRetake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const holdLock = fileURLToPath(new URL("../../packages/txfs/test/commit/programs/hold-lock.ts", import.meta.url));
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

test("what a commit found in its way is listed by recover and doctor until gc is asked to clear it", async () => {
	const kept = join(here, ".retake/displaced/01ab");
	mkdirSync(kept, { recursive: true });
	writeFileSync(join(kept, "0"), "a person's work");
	const ended = await retake(here, "recover", "--json");
	const { displaced } = recoverDocument.parse(JSON.parse(ended.stdout));
	expect(displaced).toEqual([{ commitId: "01ab", keptAt: [".retake/displaced/01ab/0"] }]);
	const people = await retake(here, "recover");
	expect(people.stdout).toMatch(/1 file .* is kept:\n {2}\.retake\/displaced\/01ab\/0\n.*retake gc --displaced/);
	expect(doctorDocument.parse(JSON.parse((await retake(here, "doctor", "--json")).stdout)).displaced).toBe(1);
	expect(readFileSync(join(kept, "0"), "utf8")).toBe("a person's work");
	await retake(here, "gc", "--displaced");
	expect((await retake(here, "recover")).stdout).toBe("nothing to recover\n");
});

test("a commit that waits for another says on standard error whom it waits for", async () => {
	const run = await kept("sh", "-c", "echo two >> notes.txt");
	const holder = spawn(process.execPath, [holdLock, here], { stdio: ["ignore", "pipe", "inherit"] });
	await once(holder.stdout, "data");
	const waiting = startRetake(here, ["commit", run]);
	// On a busy machine it takes seconds until it comes to the lock.
	waiting.child.stderr?.on("data", (said: string) => said.includes("waiting for process") && holder.kill("SIGKILL"));
	const ended = await waiting.ended;
	expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(`waiting for process ${holder.pid} (`) });
	expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe("one\ntwo\n");
});
