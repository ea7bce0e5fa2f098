import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { continueRun, replay } from "@retake/evaluator";
import { readTrace } from "@retake/recorder";
import { type AgentSession, openRuntime, type Runtime } from "@retake/runtime";
import type { RunRecord } from "@retake/store";
import { describe, expect, test } from "vitest";
import { agentOf } from "./fork/agent.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const files = { "notes.txt": "one\n", "src/a.js": "export const a = 1;\n" };

/** Bytes that lie elsewhere in memory are not unequal. */
const comparable = (run: RunRecord) => ({ ...run, header: Buffer.from(run.header).toString("hex") });

async function recordedBy(runtime: Runtime, agent: (session: AgentSession) => Promise<unknown>) {
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: "parent", program: null });
	await agent(session);
	return session.keep({ verdict: "done", failed: false });
}

describe.each(["none", "bubblewrap"] as const)("a run forked with sandbox %s", (sandbox) => {
	test("at every call has the tree as it was then, and ends with a record of its own", {
		timeout: 60_000,
	}, async () => {
		using workspace = scratchWorkspace(files);
		await using runtime = await openRuntime({ workspace: workspace.path, sandbox });
		const ended = await recordedBy(runtime, agentOf("parent"));
		const parent = runtime.store.runs.get(ended.runId);
		const before = readTrace(runtime.store, parent.runId);
		for (let at = 0; at <= before.calls.length; at++) {
			const child = await continueRun(runtime, parent, { at, agent: agentOf("child") });
			expect(child.origin).toMatchObject({
				served: at,
				executed: before.calls.length - at,
				divergence: null,
				executedAgain: [],
			});
			// Which model answered is in the file: the parent's record up to the fork, the child's own call after it.
			const model = before.calls.findIndex(({ identity }) => identity.tool === "model");
			const answered = await runtime.forkRun(runtime.store.runs.get(child.runId));
			await agentOf("nobody")(answered);
			expect((await answered.call("read_file", { path: "answer.txt" })).content).toBe(at > model ? "parent" : "child");
			await answered.rollback();
			const childRun = runtime.store.runs.get(child.runId);
			expect(childRun.parentRunId).toBe(parent.runId);
			const report = await replay(runtime, childRun, { agent: agentOf("nobody") });
			expect(report).toMatchObject({
				divergences: [],
				rootHash: { recorded: child.rootHash, recomputed: child.rootHash },
			});
			if (at > model) expect(child.changesetId).toBe(ended.changesetId);
			if (sandbox === "none" || at % 4 !== 0) continue;
			expect((await runtime.verify(childRun)).differences).toEqual([]);
		}
		expect(readTrace(runtime.store, parent.runId)).toEqual(before);
	});
});

test("the policy fork goes live at the first divergence, on the tree as it was there", async () => {
	using workspace = scratchWorkspace(files);
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "none" });
	const parent = runtime.store.runs.get((await recordedBy(runtime, agentOf("parent"))).runId);
	const agent = agentOf("parent", { extra: "planted\n" });
	const child = await replay(runtime, parent, { policy: "fork", agent });
	expect(child.origin).toMatchObject({
		executed: 3,
		divergence: { kind: "tool", actual: { identity: { tool: "write_file" } } },
	});
	expect(child.changes.changes.map(({ path }) => path)).toContain("planted.txt");
	const report = await replay(runtime, runtime.store.runs.get(child.runId), { agent });
	expect(report).toMatchObject({ divergences: [], rootHash: { recomputed: child.rootHash } });
});

test("a run killed in the middle is resumed to the tree of one that nobody disturbed", {
	timeout: 60_000,
}, async () => {
	using workspace = scratchWorkspace(files);
	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "none" });
	const undisturbed = await recordedBy(runtime, agentOf("model"));
	const before = runtime.store.runs.list().length;
	for (const stopAt of ["plan", "left", "roll back", "model"]) {
		const script = join(import.meta.dirname, "fork", "recorded-process.ts");
		const child = spawn(process.execPath, [script, workspace.path, stopAt], { stdio: ["ignore", "pipe", "inherit"] });
		await once(child.stdout, "data");
		child.kill("SIGKILL");
		const [, signal] = await once(child, "exit");
		expect(signal).toBe("SIGKILL");
		const [cut] = runtime.store.runs.list();
		if (cut === undefined) throw new Error("the process recorded no run");
		expect(cut.state).toBe("open");
		const events = runtime.store.events.count(cut.runId);
		const resumed = await continueRun(runtime, cut, { agent: agentOf("model") });
		expect(resumed.changesetId, stopAt).toBe(undisturbed.changesetId);
		expect(resumed.origin.divergence).toBeNull();
		const underWay = readTrace(runtime.store, cut.runId).calls.filter(({ outcome }) => outcome.kind === "in-flight");
		expect(underWay.map(({ identity }) => identity.tool)).toContain(stopAt === "model" ? "model" : "step");
		expect(resumed.origin.executedAgain, stopAt).toEqual(underWay.map(({ address }) => address));
		expect(runtime.store.events.count(cut.runId)).toBe(events);
		expect(comparable(runtime.store.runs.get(cut.runId))).toEqual(comparable(cut));
		const report = await replay(runtime, runtime.store.runs.get(resumed.runId), { agent: agentOf("nobody") });
		expect(report).toMatchObject({ divergences: [], rootHash: { recomputed: resumed.rootHash } });
	}
	expect(runtime.store.runs.list().length).toBe(before + 8);
	expect(readFileSync(join(workspace.path, "notes.txt"), "utf8")).toBe("one\n");
});
