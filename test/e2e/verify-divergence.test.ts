import { openRuntime } from "@retake/runtime";
import { expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const verdict = { verdict: "done", failed: false };
const shell = (script: string) => ({ argv: ["sh", "-c", script] });

test("a call that comes out otherwise is the divergence `output`, another workspace after it `state`, by policy", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using runtime = await openRuntime({ workspace: workspace.path });
	const base = await runtime.freeze("worktree");
	const session = await runtime.startSession({ base, kind: "library", title: "verify", program: null });
	await session.call("exec", shell("echo same; echo b > b.txt"));
	await session.call("exec", shell("cat /proc/sys/kernel/random/uuid"));
	const savepoint = session.savepoint();
	await session.call("exec", shell("cat /proc/sys/kernel/random/uuid > c.txt"));
	await session.call("write_file", { path: "d.txt", content: "d" });
	session.rollbackTo(savepoint);
	await session.call("exec", shell("cat b.txt; ls"));
	const { runId } = await session.keep(verdict);
	const run = runtime.store.runs.get(runId);

	const strict = await runtime.verify(run);
	expect(strict).toMatchObject({ calls: 2, equal: 1 });
	expect(strict.divergences.map(({ kind, address }) => [kind, address?.sequence])).toEqual([["output", 1]]);
	expect(strict.divergences[0]).toMatchObject({
		recorded: { identity: { tool: "exec" } },
		preceding: [{ address: { sequence: 0 } }],
	});

	const report = await runtime.verify(run, { policy: "report" });
	// What was left out by the rollback is no part of the state that the last call is compared in.
	expect(report).toMatchObject({ calls: 5, equal: 3 });
	expect(report.divergences.map(({ kind, address }) => [kind, address?.sequence])).toEqual([
		["output", 1],
		["state", 2],
	]);
	const [recorded, actual] =
		/is (\w{64}); recorded is (\w{64})/.exec(report.divergences[1]?.message ?? "")?.slice(1) ?? [];
	expect(recorded).not.toBe(actual);
});
