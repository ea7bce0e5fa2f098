import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changesDocument } from "../../packages/retake/src/json/changes-document.ts";
import { commitDocument } from "../../packages/retake/src/json/commit-document.ts";
import { diffDocument } from "../../packages/retake/src/json/diff-document.ts";
import { doctorDocument } from "../../packages/retake/src/json/doctor-document.ts";
import { errorDocument } from "../../packages/retake/src/json/error-document.ts";
import { evalDocument } from "../../packages/retake/src/json/eval-document.ts";
import { gcDocument } from "../../packages/retake/src/json/gc-document.ts";
import { recoverDocument } from "../../packages/retake/src/json/recover-document.ts";
import { replayDocument } from "../../packages/retake/src/json/replay-document.ts";
import { rollbackDocument } from "../../packages/retake/src/json/rollback-document.ts";
import { runDocument } from "../../packages/retake/src/json/run-document.ts";
import { runsDocument } from "../../packages/retake/src/json/runs-document.ts";
import { showDocument } from "../../packages/retake/src/json/show-document.ts";
import { retake, startRetake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const wrongSum = "module.exports = (a, b) => a - b;\n";
const files = {
	"add.js": wrongSum,
	"test.js": 'const add = require("./add.js");\nif (add(2, 3) !== 5) throw new Error("2 + 3 is not " + add(2, 3));\n',
	"notes.txt": "one\ntwo\nthree\nfour\nfive\n",
};
const patch = (body: string): string => `--- a/add.js\n+++ b/add.js\n@@ -1 +1 @@\n-${wrongSum}+${body}\n`;
const patches = {
	"right.patch": patch("module.exports = (a, b) => a + b;"),
	"wrong.patch": patch("module.exports = (a, b) => a * b;"),
	"garbage.diff": "this is no patch\n",
	"painter.patch": patch(String.raw`process.stderr.write("\x1b]0;owned\x07\x1b[2J\u202e"); process.exit(3);`),
};

function git(directory: string, ...words: readonly string[]): string {
	const identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.org"];
	return execFileSync("git", ["-C", directory, ...identity, ...words], { encoding: "utf8" }).trim();
}

function repository(): ScratchWorkspace {
	const workspace = scratchWorkspace(files);
	git(workspace.path, "init", "-q", "-b", "main");
	git(workspace.path, "add", ".");
	git(workspace.path, "commit", "-q", "-m", "first");
	return workspace;
}

const workspace = repository();
const candidates = scratchWorkspace(patches);
const here = workspace.path;
const evaluateAll = ["eval", "--check", "tests=node test.js", "--candidate", candidates.path];

afterAll(() => {
	workspace[Symbol.dispose]();
	candidates[Symbol.dispose]();
});

async function json<Value>(
	exitCode: number,
	schema: { parse(value: unknown): Value },
	...words: string[]
): Promise<Value> {
	const ended = await retake(here, ...words, "--json");
	expect(ended, words.join(" ")).toMatchObject({ exitCode, stderr: "" });
	return schema.parse(JSON.parse(ended.stdout));
}

describe("retake eval, and what looks into it", () => {
	const evaluation = { runId: "", right: "", wrong: "" };

	beforeAll(async () => {
		truncateSync(writtenEmpty(join(candidates.path, "huge.patch")), 100 * 1024 ** 2);
		const result = await json(0, evalDocument, ...evaluateAll, "--commit", "branch:fix");
		const runOf = (name: string): string => result.candidates.find((each) => each.name === name)?.runId ?? "";
		Object.assign(evaluation, { runId: result.runId, right: runOf("right"), wrong: runOf("wrong") });
		expect(result.candidates.map(({ name, verdict }) => [name, verdict])).toEqual([
			["garbage", "invalid-patch"],
			["huge", "invalid-patch"],
			["painter", "fail"],
			["right", "pass"],
			["wrong", "fail"],
		]);
		expect(result).toMatchObject({ selected: "right", committed: { kind: "branch", branch: "fix" } });
		expect(result.candidates[4]?.checks[0]).toMatchObject({ name: "tests", exitCode: 1 });
		expect(result.candidates[4]?.checks[0]?.stderr).toContain("2 + 3 is not 6");
	});

	test("the branch holds the choice; the working tree is as it was", () => {
		expect(git(here, "show", "fix:add.js")).toBe("module.exports = (a, b) => a + b;");
		expect(git(here, "rev-parse", "fix^")).toBe(git(here, "rev-parse", "main"));
		expect(git(here, "status", "--porcelain")).toBe("");
	});
	test("a failed run is replayed, and the hash proves it", async () => {
		const replay = await json(0, replayDocument, "replay", evaluation.wrong);
		expect(replay.served).toBe(replay.calls);
		expect(replay.rootHash.recomputed).toBe(replay.rootHash.recorded);
		const people = await retake(here, "replay", "@last-failed", "--verify");
		expect(people.exitCode).toBe(0);
		expect(people.stdout).toContain("identical: both hashes are the same");
		expect(people.stdout).toContain("came out the same to the byte");
	});
	test("two runs are compared, and the agent is named as the cause", async () => {
		const diff = await json(1, diffDocument, "diff", evaluation.wrong, evaluation.right);
		expect(diff.firstDivergence).toMatchObject({ cause: "agent", tool: "apply_patch" });
		expect(diff.rows).toMatchObject({ inputChanged: 1, resultChanged: 1 });
		expect((await json(0, diffDocument, "diff", evaluation.wrong, evaluation.wrong)).firstDivergence).toBeNull();
		const people = await retake(here, "diff", evaluation.wrong, evaluation.right);
		expect(people.stdout).toMatch(
			/a \+module\.exports = \(a, b\) => a \* b;\n\s+b \+module\.exports = \(a, b\) => a \+ b;/,
		);
	});
	test("runs and calls are listed and shown", async () => {
		const { runs } = await json(0, runsDocument, "runs");
		expect(runs.find((run) => run.runId === evaluation.runId)).toMatchObject({
			kind: "evaluation",
			state: "committed",
		});
		const shown = await json(0, showDocument, "show", evaluation.wrong);
		expect(shown.calls.map((call) => call.tool)).toEqual(expect.arrayContaining(["apply_patch", "exec"]));
		const exec = shown.calls.find((call) => call.tool === "exec")?.address ?? "";
		const people = await retake(here, "show", evaluation.wrong, exec);
		expect(people.stdout).toContain("2 + 3 is not 6");
		expect((await json(0, showDocument, "show", evaluation.runId)).children).toHaveLength(4);
		for (const line of (await retake(here, "runs")).stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
	});
	test("the changes are a patch that git takes", async () => {
		const { stdout } = await retake(here, "changes", evaluation.right, "--patch");
		const changes = await json(0, changesDocument, "changes", evaluation.right, "--patch");
		expect(changes.patch).toBe(stdout);
		execFileSync("git", ["-C", here, "apply", "--check"], { input: stdout });
	});
	test("no candidate that passes is exit code 1, and the next command is named", async () => {
		const ended = await retake(
			here,
			"eval",
			"--check",
			"tests=node test.js",
			"--candidate",
			join(candidates.path, "wrong.patch"),
		);
		expect(ended).toMatchObject({ exitCode: 1, stderr: "" });
		expect(ended.stdout).toContain("No candidate passed every check");
		expect(ended.stdout).toMatch(/\n {2}retake replay [0-9a-z]{16} /);
	});
	test("on a terminal a table fits 80 columns, and what a candidate prints is shown, not obeyed", () => {
		const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));
		const words = [...evaluateAll.slice(0, -1), join(candidates.path, "painter.patch")];
		const command = [
			"stty",
			"cols",
			"80",
			"rows",
			"24;",
			process.execPath,
			program,
			...words.map((word) => `'${word}'`),
		].join(" ");
		const shown = terminalOutput(command);
		expect(shown).toContain("painter    fail");
		expect(shown).toContain("\\x1b]0;owned\\x07\\x1b[2J\\u{202e}");
		expect(shown).not.toContain("\x1b]0;owned");
		expect(shown).not.toContain("\u202e");
		for (const line of stripVTControlCharacters(shown).split(/\r?\n/))
			expect(line.length, line).toBeLessThanOrEqual(80);
	});
});

/** Runs a shell command on a terminal of its own and returns what it wrote there; its exit code may be any. */
function terminalOutput(command: string): string {
	const environment = { ...process.env, TERM: "xterm", NO_COLOR: "" };
	return execFileSync("script", ["-q", "-c", command, "/dev/null"], { cwd: here, env: environment, encoding: "utf8" });
}

function writtenEmpty(path: string): string {
	writeFileSync(path, "");
	return path;
}

describe("retake run", () => {
	const edit = ["sh", "-c", "sed -i s/three/3/ notes.txt"];

	test("keeps changes until they are committed", async () => {
		const ended = await retake(here, "run", "--json", "--", ...edit);
		const kept = runDocument.parse(JSON.parse(ended.stdout));
		expect(kept).toMatchObject({ exitCode: 0, outcome: "kept", changedPaths: ["notes.txt"], committed: null });
		expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe(files["notes.txt"]);
		const committed = await json(0, commitDocument, "commit", kept.runId);
		expect(committed).toMatchObject({ outcome: "committed", committed: { kind: "worktree", paths: 1 } });
		expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe("one\ntwo\n3\nfour\nfive\n");
		git(here, "checkout", "-q", "notes.txt");
	});
	test("what was edited meanwhile is a conflict: nothing is written, unless it merges", async () => {
		const ended = await retake(here, "run", "--json", "--", "sed", "-i", "s/one/1/", "notes.txt");
		const { runId } = runDocument.parse(JSON.parse(ended.stdout));
		const mine = "one\ntwo\nthree\nfour\nfive, mine\n";
		writeFileSync(join(here, "notes.txt"), mine);
		const { error } = await json(5, errorDocument, "commit", runId);
		expect(error).toMatchObject({ code: "CONFLICT", remedy: expect.stringContaining("--merge") });
		expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe(mine);
		writeFileSync(join(here, "notes.txt"), mine.replace("one", "uno"));
		const unmerged = (await json(5, errorDocument, "commit", runId, "--merge")).error;
		expect(unmerged).toMatchObject({ code: "CONFLICT", remedy: expect.stringContaining("--to patch:FILE") });
		writeFileSync(join(here, "notes.txt"), mine);
		await json(0, commitDocument, "commit", runId, "--merge");
		expect(readFileSync(join(here, "notes.txt"), "utf8")).toBe("1\ntwo\nthree\nfour\nfive, mine\n");
		git(here, "checkout", "-q", "notes.txt");
	});
	test("a command that fails is exit code 1, and is never committed", async () => {
		const ended = await retake(here, "run", "--commit", "--", "sh", "-c", "echo x > add.js; exit 7");
		expect(ended.exitCode).toBe(1);
		expect(ended.stderr).toMatch(/exit 7, 1 path changed, kept .*\n {2}retake show [0-9a-z]{16}/);
		expect(readFileSync(join(here, "add.js"), "utf8")).toBe(wrongSum);
	});
	test("rolls back, and a run that was decided is decided", async () => {
		const ended = await retake(here, "run", "--", "touch", "new");
		expect(ended.exitCode).toBe(0);
		await json(0, rollbackDocument, "rollback", "@last");
		expect((await json(2, errorDocument, "commit", "@last")).error.code).toBe("RUN_STATE");
		expect(readdirSync(here)).not.toContain("new");
	});
	test("starts where you are in the workspace, and again there when it is played back", async () => {
		mkdirSync(join(here, "part/deep"), { recursive: true });
		writeFileSync(join(here, "part/deep/kept"), "");
		const ended = await retake(join(here, "part/deep"), "run", "--", "sh", "-c", "pwd; touch new");
		expect(ended.stdout).toMatch(/\/part\/deep\n$/);
		expect((await retake(here, "changes", "@last")).stdout).toContain("A part/deep/new");
		expect((await retake(here, "replay", "@last", "--verify")).exitCode).toBe(0);
		const elsewhere = await retake(join(here, "part/deep"), "run", "--base", "HEAD", "--", "pwd");
		expect(elsewhere).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("part/deep") });
		rmSync(join(here, "part"), { recursive: true });
	});
	test("passes the command's output on as it comes, byte for byte", async () => {
		const running = startRetake(here, [
			"run",
			"--",
			"sh",
			"-c",
			"printf 'one\\033[2J'; sleep 1; echo two; echo three >&2",
		]);
		await running.shows("one\x1b[2J");
		expect(running.child.exitCode).toBeNull();
		const ended = await running.ended;
		expect(ended.stdout).toBe("one\x1b[2Jtwo\n");
		expect(ended.stderr).toMatch(/^three\nretake: exit 0, 0 paths changed, kept/);
	});
});

test("Ctrl-C ends everything, exits with 130 and leaves the store whole", async () => {
	const nonce = `86399.${process.pid}`;
	const running = startRetake(here, ["eval", "--check", `sleep=sleep ${nonce}`, "--candidate-cmd", "idle=echo x > x"]);
	await running.shows("evaluation ");
	await expect.poll(() => processesWith(nonce), { timeout: 20_000 }).not.toEqual([]);
	running.child.kill("SIGINT");
	expect(await running.ended).toMatchObject({ exitCode: 130, stderr: expect.stringContaining("INTERRUPTED") });
	await expect.poll(() => processesWith(nonce), { timeout: 5_000 }).toEqual([]);
	await json(0, runsDocument, "runs");
});

function processesWith(text: string): string[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.filter((processId) => {
			try {
				return readFileSync(`/proc/${processId}/cmdline`, "utf8").split("\0").at(-2) === text;
			} catch {
				return false;
			}
		});
}

test("doctor finds bubblewrap usable and says what enforces what", async () => {
	const doctor = await json(0, doctorDocument, "doctor");
	const bubblewrap = doctor.drivers.find((driver) => driver.driver === "bubblewrap");
	expect(bubblewrap).toMatchObject({ usable: true });
	expect(bubblewrap?.enforcement["timeoutMs"]).toMatch(/\w/);
});

test("gc and recover have nothing to do, and say so", async () => {
	expect(await json(0, gcDocument, "gc", "--dry-run")).toMatchObject({ dryRun: true });
	expect(await json(0, recoverDocument, "recover")).toEqual({ rolledForward: [], displaced: [], discarded: [] });
});

test("an unknown run is a usage error that names the way on", async () => {
	expect((await json(2, errorDocument, "show", "zzzz")).error).toMatchObject({ code: "RUN_NOT_FOUND" });
});

test("a store elsewhere keeps the workspace clean", async () => {
	using other = repository();
	using elsewhere = scratchWorkspace({});
	const ended = await retake(other.path, "run", "--store", join(elsewhere.path, "store"), "--", "touch", "new");
	expect(ended.exitCode).toBe(0);
	expect(ended.stderr).toContain(`--store ${join(elsewhere.path, "store")}`);
	expect(readdirSync(other.path)).not.toContain(".retake");
});

test("a flipped byte in the record is found: the replay is exit code 4", async () => {
	using other = repository();
	await retake(other.path, "run", "--", "echo", "take one");
	expect((await retake(other.path, "replay", "@last")).exitCode).toBe(0);
	using database = openDatabase(join(other.path, ".retake/retake.db"));
	const changed = database
		.prepare("UPDATE event SET bytes = CAST(replace(bytes, 'take one', 'take two') AS BLOB) WHERE instr(bytes, ?) > 0")
		.run(Buffer.from("take one"));
	expect(changed.changes).toBeGreaterThan(0);
	const ended = await retake(other.path, "replay", "@last", "--json");
	expect(ended.exitCode).toBe(4);
	expect(errorDocument.parse(JSON.parse(ended.stdout)).error.code).toBe("TRACE_TAMPERED");
});

function openDatabase(path: string): DatabaseSync & Disposable {
	const database = new DatabaseSync(path);
	return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}
