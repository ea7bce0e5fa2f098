import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const calls = 2_100;

/** A session of an agent in which every command prints many short lines of its own. */
function transcript(word: string): string {
	const entry = (type: string, content: unknown): string =>
		JSON.stringify({ type, sessionId: word, cwd: "/", version: "2.1.12", message: { role: type, content } });
	return Array.from({ length: calls }, (_, index) => [
		entry("assistant", [{ type: "tool_use", id: `t${index}`, name: "Bash", input: { command: `step ${index}` } }]),
		entry("user", [{ type: "tool_result", tool_use_id: `t${index}`, content: `${word} ${index}\n`.repeat(100) }]),
	])
		.flat()
		.join("\n");
}

test("the page of two long runs that differ in everything stays small enough to be opened, and says what it leaves out", async () => {
	using workspace = scratchWorkspace({});
	const runs: string[] = [];
	for (const word of ["one", "two"]) {
		writeFileSync(join(workspace.path, `${word}.jsonl`), transcript(word));
		const { stdout } = await retake(workspace.path, "import", `${word}.jsonl`, "--json");
		runs.push(JSON.parse(stdout).runs[0].runId);
	}
	const page = join(workspace.path, "page.html");
	expect((await retake(workspace.path, "diff", ...runs, "--html", page)).exitCode).toBe(1);
	// 420,000 lines differ: with the markup of each they would take more than 50 MB.
	expect(statSync(page).size).toBeLessThan(20e6);
	const text = readFileSync(page, "utf8");
	expect(text).toContain(`${calls - 2_000} more rows are not on this page`);
	expect(text).toMatch(/\d{2,4} rows stand without what they differ in/);
});
