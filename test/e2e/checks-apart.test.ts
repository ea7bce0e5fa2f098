import { evaluate } from "@retake/evaluator";
import { openRuntime } from "@retake/runtime";
import { expect, test } from "vitest";
import { scratchWorkspace } from "./scratch-workspace.ts";

test("a check sees the candidate's result and nothing that the check before it left; no check sees a git directory", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n", ".git/HEAD": "ref: refs/heads/main\n" });
	await using runtime = await openRuntime({ workspace: workspace.path });
	const { candidates } = await evaluate(runtime, {
		checks: [
			{ name: "plants", command: "echo planted > planted && rm a.txt && test -e planted" },
			{ name: "looks", command: "test ! -e planted && test -e a.txt && test -e proposed && test ! -e .git" },
		],
		candidates: [{ kind: "command", name: "agent", command: "echo proposed > proposed" }],
	});
	expect(candidates).toMatchObject([{ verdict: "pass", changedPaths: ["proposed"] }]);
});
