import { readFileSync } from "node:fs";
import { join } from "node:path";
import { diffRuns, evaluate, openSession, replay } from "retake";
import { expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

const patch = (operator: string): Uint8Array =>
	Buffer.from(`--- a/add.sh\n+++ b/add.sh\n@@ -1 +1 @@\n-echo $((2 - 3))\n+echo $((2 ${operator} 3))\n`);

test("the library evaluates, replays and compares by the names that the command line takes", async () => {
	using workspace = scratchWorkspace({ "add.sh": "echo $((2 - 3))\n" });
	const evaluation = await evaluate({
		workspace: workspace.path,
		checks: [{ name: "sum", command: 'test "$(sh add.sh)" = 5' }],
		candidates: [
			{ kind: "patch", name: "right", patch: patch("+") },
			{ kind: "patch", name: "wrong", patch: patch("*") },
		],
		commit: { kind: "worktree" },
	});
	expect(evaluation).toMatchObject({ selected: "right", committed: { kind: "worktree", paths: 1 } });
	expect(readFileSync(join(workspace.path, "add.sh"), "utf8")).toBe("echo $((2 + 3))\n");

	const [right, wrong] = evaluation.candidates;
	const playback = await replay("@last-failed", { workspace: workspace.path });
	expect(playback).toMatchObject({ runId: wrong?.runId, divergences: [] });
	expect(playback.rootHash.recomputed).toBe(playback.rootHash.recorded);
	const diff = await diffRuns(String(right?.runId), String(wrong?.runId), { workspace: workspace.path });
	expect(diff.firstDivergence).toMatchObject({ cause: "agent", kind: "input-changed" });
});

test("a session that is not committed leaves nothing behind", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	{
		await using session = await openSession({ workspace: workspace.path });
		await session.call("write_file", { path: "a.txt", content: "b\n" });
		expect((await session.call("exec", { argv: ["cat", "a.txt"] })).stdout).toEqual(new Uint8Array(Buffer.from("b\n")));
	}
	expect(readFileSync(join(workspace.path, "a.txt"), "utf8")).toBe("a\n");
});

test("a misspelt option is answered with the one that was meant", async () => {
	const request = { workspace: "/tmp", checks: [], candidates: [], ...{ comit: { kind: "none" } } };
	await expect(evaluate(request)).rejects.toMatchObject({
		code: "USAGE",
		message: expect.stringContaining('"comit" should be "commit"'),
	});
});
