import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replay } from "@retake/evaluator";
import { openRuntime, openSession } from "@retake/runtime";
import { describe, expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const files = { "greeting.txt": "hello\n", "src/a.js": "export const a = 1;\n", "src/b.js": "export const b = 2;\n" };
const verdict = { verdict: "done", failed: false };

describe.each([
	["none", "overlay"],
	["bubblewrap", "overlay"],
	["bubblewrap", "copy"],
] as const)("a session with sandbox %s and layers %s", (sandbox, layers) => {
	test("calls the standard tools on a copy of the workspace, which stays as it was", async () => {
		using workspace = scratchWorkspace(files);
		await using session = await openSession({ workspace: workspace.path, sandbox, layers });
		expect((await session.call("read_file", { path: "greeting.txt" })).content).toBe("hello\n");
		expect(await session.call("write_file", { path: "new/deep.txt", content: "x" })).toEqual({
			size: 1,
			created: true,
		});
		expect(await session.call("edit_file", { path: "src/a.js", oldText: "1", newText: "42" })).toEqual({
			replacements: 1,
		});
		expect(await session.call("move_file", { from: "src/b.js", to: "lib/c.js" })).toEqual({ moved: 1 });
		expect(await session.call("delete_file", { path: "greeting.txt" })).toEqual({ deleted: 1 });
		const listed = await session.call("list_files", { recursive: true });
		expect(listed.entries.map((entry) => entry.path)).toEqual([
			"lib",
			"new",
			"src",
			"lib/c.js",
			"new/deep.txt",
			"src/a.js",
		]);
		const found = await session.call("search_files", { pattern: "const (a|b) = ", regex: true });
		expect(found.matches.map(({ path, line }) => `${path}:${line}`)).toEqual(["lib/c.js:1", "src/a.js:1"]);
		const patch = "--- a/lib/c.js\n+++ b/lib/c.js\n@@ -1 +1 @@\n-export const b = 2;\n+export const b = 3;\n";
		expect(await session.call("apply_patch", { patch })).toEqual({ changedPaths: ["lib/c.js"] });
		expect(session.changes().changes.map((change) => change.path)).toEqual([
			"greeting.txt",
			"lib",
			"lib/c.js",
			"new",
			"new/deep.txt",
			"src/a.js",
			"src/b.js",
		]);
		expect(readFileSync(join(workspace.path, "greeting.txt"), "utf8")).toBe("hello\n");
		expect(existsSync(join(workspace.path, "new"))).toBe(false);
	});

	test("commits to the working tree all that it changed, or rolls back without a trace", async () => {
		using workspace = scratchWorkspace(files);
		{
			await using session = await openSession({ workspace: workspace.path, sandbox, layers });
			await session.call("write_file", { path: "lost.txt", content: "lost" });
		}
		expect(existsSync(join(workspace.path, "lost.txt"))).toBe(false);
		await using session = await openSession({ workspace: workspace.path, sandbox, layers });
		await session.call("write_file", { path: "kept.txt", content: "kept" });
		await session.call("delete_file", { path: "src", recursive: true });
		const report = await session.commit({ kind: "worktree" });
		expect(report).toMatchObject({ kind: "worktree", recoveryPending: false });
		expect(readFileSync(join(workspace.path, "kept.txt"), "utf8")).toBe("kept");
		expect(existsSync(join(workspace.path, "src"))).toBe(false);
	});

	test("returns to a savepoint, and forks from one: a run of its own that is played back", async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await openRuntime({ workspace: workspace.path, sandbox, layers });
		const base = await runtime.freeze("worktree");
		await using session = await runtime.startSession({ base, kind: "library", title: "parent", program: null });
		await session.call("write_file", { path: "one", content: "1" });
		const savepoint = session.savepoint();
		await session.call("write_file", { path: "two", content: "2" });
		await using fork = await session.fork(savepoint);
		const inFork = fork.savepoint();
		await fork.call("write_file", { path: "dropped", content: "" });
		fork.rollbackTo(inFork);
		await fork.call("write_file", { path: "three", content: "3" });
		expect(fork.changes().changes.map((change) => change.path)).toEqual(["one", "three"]);
		session.rollbackTo(savepoint);
		expect(session.changes().changes.map((change) => change.path)).toEqual(["one"]);
		const { rootHash } = await fork.keep(verdict);
		const report = await replay(runtime, runtime.store.runs.get(fork.runId));
		expect(report).toMatchObject({ divergences: [], rootHash: { recorded: rootHash, recomputed: rootHash } });
		expect(await runtime.verify(runtime.store.runs.get(fork.runId))).toMatchObject({ calls: 2, equal: 2 });
	});

	test("plays back with nothing but the store, to the same root hash", async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await openRuntime({ workspace: workspace.path, sandbox, layers });
		const base = await runtime.freeze("worktree");
		const session = await runtime.startSession({ base, kind: "library", title: "test", program: null });
		const agent = async (live: Pick<typeof session, "call" | "now" | "uuid" | "parallel" | "perform">) => {
			const started = await live.now();
			const model = await live.perform("model", { prompt: "what now?" }, async () => ({ answer: Math.random() }));
			await live.call("write_file", {
				path: "answer.json",
				content: JSON.stringify({ ...model, started, id: await live.uuid() }),
			});
			await live.parallel(["greeting.txt", "src/a.js"].map((path) => () => live.call("read_file", { path })));
			await live.call("read_file", { path: "missing" }).catch((error: Error) => error.message);
			if (sandbox === "bubblewrap")
				await live.call("exec", { argv: ["sh", "-c", "date +%N; echo err >&2; rm greeting.txt; exit 3"] });
		};
		await agent(session);
		const { rootHash } = await session.keep(verdict);
		renameSync(join(workspace.path, "src"), join(workspace.path, "moved-away"));
		const run = runtime.store.runs.resolve("@last");
		const report = await replay(runtime, run, { agent });
		expect(report.divergences).toEqual([]);
		expect(report.rootHash).toEqual({ recorded: rootHash, recomputed: rootHash });
		expect(report.served).toBe(report.calls);
		const driven = await replay(runtime, run);
		expect(driven).toMatchObject({ divergences: [], rootHash: { recorded: rootHash, recomputed: rootHash } });
		const other = async (live: Parameters<typeof agent>[0]) => {
			await live.now();
			await live.perform("model", { prompt: "something else" }, async () => ({ answer: 0 }));
		};
		const diverged = await replay(runtime, run, { agent: other });
		expect(diverged.divergences[0]).toMatchObject({ kind: "input", address: { scope: "/", sequence: 1 } });
	});
});

test("names the option that was meant", async () => {
	const misspelt = { workspace: ".", sandbx: "none" };
	await expect(openSession(misspelt)).rejects.toMatchObject({ code: "USAGE", message: '"sandbx" should be "sandbox"' });
});

test.each([
	["/nonexistent/place", "WORKSPACE_NOT_FOUND"],
	["/etc/hostname", "WORKSPACE_NOT_DIRECTORY"],
])("refuses the workspace %s with %s", async (workspace, code) => {
	await expect(openSession({ workspace })).rejects.toMatchObject({ code });
});

test("refuses bad input to a tool, and paths that are never written", async () => {
	using workspace = scratchWorkspace(files);
	await using session = await openSession({ workspace: workspace.path, sandbox: "none" });
	await expect(session.call("write_file", { path: "../out", content: "" })).rejects.toMatchObject({
		code: "PATH_REFUSED",
	});
	await expect(session.call("write_file", { path: ".git/config", content: "" })).rejects.toMatchObject({
		code: "PATH_REFUSED",
	});
	await expect(session.call("read_file", { path: "x", ofset: 1 } as never)).rejects.toMatchObject({
		code: "TOOL_INPUT",
	});
	await expect(session.call("edit_file", { path: "src/a.js", oldText: "z", newText: "" })).rejects.toMatchObject({
		code: "TOOL_FAILED",
	});
	await expect(session.call("exec", { argv: ["true"] })).rejects.toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
});

test("never writes a secret down, and plays back what was written instead", async () => {
	const value = "correct-horse-battery-staple";
	const secrets = [{ name: "token", value }];
	using workspace = scratchWorkspace(files);
	await using runtime = await openRuntime({ workspace: workspace.path, secrets });
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: `with ${value}`, program: null });
	const agent = async (live: Pick<typeof session, "perform">) => {
		const answer = await live.perform("model", { authorization: `Bearer ${value}` }, async () => ({ echo: value }));
		expect(answer.echo).toMatch(/^\{\{token:[0-9a-f]{8}\}\}$/);
	};
	await agent(session);
	await session.keep(verdict);
	const report = await replay(runtime, runtime.store.runs.resolve("@last"), { agent });
	expect(report.divergences).toEqual([]);
	const written = ["retake.db", "retake.db-wal"].map((name) => readFileSync(join(workspace.path, ".retake", name)));
	expect(written.some((bytes) => bytes.includes(value))).toBe(false);
	expect(written.some((bytes) => bytes.includes("{{token:"))).toBe(true);
});

test("reads, changes and plays back files whose names are not UTF-8", async () => {
	using workspace = scratchWorkspace(files);
	writeFileSync(Buffer.concat([Buffer.from(workspace.path), Buffer.from("/caf\xe9", "latin1")]), "old");
	await using runtime = await openRuntime({ workspace: workspace.path });
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: "names", program: null });
	const agent = async (live: Pick<typeof session, "call">) => {
		const { entries } = await live.call("list_files", {});
		const path = entries[0]?.path ?? "";
		expect(path).toBe('"caf\\351"');
		expect((await live.call("read_file", { path })).content).toBe("old");
		await live.call("write_file", { path, content: "new" });
		await live.call("exec", { argv: ["sh", "-c", "mkdir -p .git; mv caf* other; cat other"] });
		await live.call("read_file", { path }).catch(({ code }) => expect(code).toBe("FILE_NOT_FOUND"));
	};
	await agent(session);
	await session.keep(verdict);
	const report = await replay(runtime, runtime.store.runs.resolve("@last"), { agent });
	expect(report).toMatchObject({ divergences: [], calls: 5, served: 5 });
});
