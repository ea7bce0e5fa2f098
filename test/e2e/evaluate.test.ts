import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Candidate, evaluate, replay } from "@retake/evaluator";
import { openRuntime, type Runtime } from "@retake/runtime";
import { describe, expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const files = {
	"add.js": "module.exports = (a, b) => a - b;\n",
	"package.json": '{ "name": "adder" }\n',
};

const tests = `--- /dev/null
+++ b/test.js
@@ -0,0 +1,2 @@
+const add = require("./add.js");
+if (add(2, 3) !== 5) throw new Error("2 + 3 is not " + add(2, 3));
`;

const patch = (body: string, file = "add.js") =>
	Buffer.from(`--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-module.exports = (a, b) => a - b;\n+${body}\n`);

const candidates: readonly Candidate[] = [
	{ kind: "patch", name: "right", patch: patch("module.exports = (a, b) => a + b;") },
	{ kind: "patch", name: "wordy", patch: patch("module.exports = function add(a, b) { return a + b; };") },
	{ kind: "patch", name: "wrong", patch: patch("module.exports = (a, b) => a * b;") },
	{ kind: "patch", name: "endless", patch: patch("for (;;) {}") },
	{ kind: "patch", name: "hungry", patch: patch("const x = []; for (;;) x.push(Buffer.alloc(1 << 24, 1));") },
	{ kind: "patch", name: "unrelated", patch: patch("x", "no-such-file.js") },
	{ kind: "patch", name: "empty", patch: Buffer.from("") },
	{ kind: "patch", name: "escaping", patch: Buffer.from("--- /dev/null\n+++ b/../out\n@@ -0,0 +1 @@\n+x\n") },
	{
		kind: "command",
		name: "agent",
		command: "sed -i 's/a - b/a + b \\/\\/ by an agent with a sense for long comments/' add.js",
	},
	{ kind: "command", name: "forger", command: "echo 'process.exit(0)' > test.js; echo 'broken(' > add.js" },
	{ kind: "command", name: "hooker", command: "mkdir -p .git/hooks; echo x > .git/hooks/pre-commit" },
];

const verdicts = {
	right: "pass",
	wordy: "pass",
	wrong: "fail",
	endless: "timeout",
	hungry: "out-of-memory",
	unrelated: "invalid-patch",
	empty: "invalid-patch",
	escaping: "policy",
	agent: "pass",
	forger: "fail",
	hooker: "policy",
};

function open(workspace: string): Promise<Runtime> {
	return openRuntime({ workspace, limits: { timeoutMs: 4000, memoryBytes: 256 * 1024 ** 2 } });
}

function makeRepository(workspace: string): void {
	const git = (...argv: string[]) => execFileSync("git", ["-C", workspace, ...argv], { stdio: "ignore" });
	git("init", "-q", "-b", "main");
	git("add", ".");
	git("-c", "user.name=t", "-c", "user.email=t@t.invalid", "commit", "-qm", "base");
}

describe("an evaluation", () => {
	test("gives each candidate its verdict, chooses the smallest that passes and commits it to a branch", async () => {
		using workspace = scratchWorkspace(files);
		makeRepository(workspace.path);
		await using runtime = await open(workspace.path);
		const check = { name: "adds", command: "node test.js" };
		const evaluation = await evaluate(runtime, {
			base: "HEAD",
			checks: [check],
			candidates: [...candidates],
			testPatch: Buffer.from(tests),
			commit: { kind: "branch", branch: "fix" },
		});
		expect(Object.fromEntries(evaluation.candidates.map(({ name, verdict }) => [name, verdict]))).toEqual(verdicts);
		expect(evaluation.selected).toBe("right");
		expect(evaluation.committed).toMatchObject({ kind: "branch", branch: "fix" });
		const shown = execFileSync("git", ["-C", workspace.path, "show", "fix:add.js"], { encoding: "utf8" });
		expect(shown).toBe("module.exports = (a, b) => a + b;\n");
		const tree = execFileSync("git", ["-C", workspace.path, "ls-tree", "-r", "--name-only", "fix"], {
			encoding: "utf8",
		});
		expect(tree.split("\n").filter(Boolean)).toEqual(["add.js", "package.json"]);
		expect(readFileSync(join(workspace.path, "add.js"), "utf8")).toBe(files["add.js"]);
		expect(execFileSync("git", ["-C", workspace.path, "fsck", "--strict"], { encoding: "utf8" })).toBe("");
	});

	test("is played back, with every candidate, when sandbox and workspace are gone", async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await open(workspace.path);
		const chosen = candidates.filter(({ name }) => ["right", "wrong", "unrelated", "agent"].includes(name));
		const checks = [{ name: "adds", command: "node -e 'if (require(\"./add.js\")(2, 3) !== 5) process.exit(7)'" }];
		await evaluate(runtime, { checks, candidates: chosen });
		for (const name of Object.keys(files)) rmSync(join(workspace.path, name));
		const runs = runtime.store.runs.list();
		expect(runs.map((run) => run.kind).toSorted()).toEqual([
			"candidate",
			"candidate",
			"candidate",
			"candidate",
			"evaluation",
		]);
		for (const run of runs) {
			const report = await replay(runtime, run);
			expect(report.divergences).toEqual([]);
			expect(report.rootHash.recomputed).toBe(run.rootHash);
		}
	});

	test("executes a run's calls again on the recorded base, and finds what cannot be repeated", async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await open(workspace.path);
		const right = candidates.filter(({ name }) => name === "right");
		await evaluate(runtime, { checks: [{ name: "stable", command: "cat add.js" }], candidates: right });
		await evaluate(runtime, { checks: [{ name: "clock", command: "date +%s.%N" }], candidates: right });
		const [clock, stable] = runtime.store.runs.list().filter((run) => run.kind === "candidate");
		expect(await runtime.verify(stable as never)).toMatchObject({ calls: 2, equal: 2, differences: [] });
		const report = await runtime.verify(clock as never);
		expect(report).toMatchObject({ calls: 2, equal: 1 });
		expect(report.differences[0]).toMatchObject({ tool: "exec", field: "stdout", cause: "time" });
	});

	test("executes again under the limits of the record, whatever the runtime's own are", async () => {
		using workspace = scratchWorkspace(files);
		{
			await using runtime = await openRuntime({ workspace: workspace.path, limits: { outputBytes: 1000 } });
			const right = candidates.filter(({ name }) => name === "right");
			await evaluate(runtime, { checks: [{ name: "flood", command: "seq 10000; ulimit -n" }], candidates: right });
		}
		await using runtime = await openRuntime({ workspace: workspace.path, limits: { openFiles: 100 } });
		const run = runtime.store.runs.list().find(({ kind }) => kind === "candidate");
		expect(await runtime.verify(run as never)).toMatchObject({ calls: 2, equal: 2, differences: [] });
	});

	test("shares a set-up layer between candidates, runs it once, and never commits it", async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await open(workspace.path);
		const progress: string[] = [];
		const options = {
			setup: "mkdir node_modules && date +%N > node_modules/stamp",
			checks: [{ name: "set up", command: "cat node_modules/stamp" }],
			candidates: candidates.filter(({ name }) => name === "right" || name === "wordy"),
			commit: { kind: "worktree" as const },
		};
		const first = await evaluate(runtime, options);
		const stamps = first.candidates.map(({ checks }) => Buffer.from(checks[0]?.stdout ?? []).toString());
		expect(new Set(stamps).size).toBe(1);
		expect(existsSync(join(workspace.path, "node_modules"))).toBe(false);
		expect(readFileSync(join(workspace.path, "add.js"), "utf8")).toContain("a + b");
		writeFileSync(join(workspace.path, "add.js"), files["add.js"]);
		await evaluate(
			runtime,
			{ ...options, commit: { kind: "none" } },
			{
				onProgress: (event) => event.kind === "setup" && progress.push(event.state),
			},
		);
		expect(progress).toEqual(["started", "cached"]);
	});

	test("writes nothing where the working tree moved since the base", async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await open(workspace.path);
		const moved = "module.exports = 'edited meanwhile';\n";
		const evaluation = evaluate(
			runtime,
			{
				checks: [{ name: "any", command: "true" }],
				candidates: candidates.filter(({ name }) => name === "right"),
				commit: { kind: "worktree" },
			},
			{ onProgress: ({ kind }) => kind === "selected" && writeFileSync(join(workspace.path, "add.js"), moved) },
		);
		await expect(evaluation).rejects.toMatchObject({ code: "CONFLICT" });
		expect(readFileSync(join(workspace.path, "add.js"), "utf8")).toBe(moved);
	});
});
