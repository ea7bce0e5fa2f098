import { cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LLMock } from "@copilotkit/aimock";
import { expect, test } from "vitest";
import { startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const agent = dirname(fileURLToPath(import.meta.resolve("@qwen-code/qwen-code/package.json")));

/** A model that writes a file with the agent's tool, runs a command with another, and says that it is done. */
async function startModel() {
	const model = new LLMock({ port: 0, chunkSize: 20 });
	const file = {
		file_path: "/workspace/slug.js",
		content: 'export const slug = (title) => title.replaceAll(" ", "-");\n',
	};
	const command = { command: "sha256sum slug.js > sum.txt", description: "take the sum", is_background: false };
	model.on(
		{ userMessage: /slug/, hasToolResult: false },
		{
			toolCalls: [
				{ name: "write_file", arguments: JSON.stringify(file) },
				{ name: "run_shell_command", arguments: JSON.stringify(command) },
			],
		},
	);
	model.on({ hasToolResult: true }, { content: "slug.js is written." });
	await model.start();
	return { model, [Symbol.asyncDispose]: () => model.stop().catch(() => undefined) };
}

test("a coding agent's whole run, its model, files and commands, is recorded and executed again without the model", async () => {
	using workspace = scratchWorkspace({ "package.json": "{}" });
	cpSync(agent, join(workspace.path, "node_modules/agent"), { recursive: true });
	await using upstream = await startModel();
	const { model } = upstream;
	const run = (...words: string[]) => startRetake(workspace.path, words).ended;
	const limits = ["--memory", "6000", "--timeout", "240"];
	const words = ["node", "node_modules/agent/cli.js", "--auth-type", "openai", "--yolo", "-p", "write slug.js"];
	const command = ["--", "env", "OPENAI_MODEL=none", ...words];
	const recorded = await run("run", "--record-http", ...limits, "--upstream", `openai=${model.url}`, ...command);
	expect(recorded.stdout).toContain("slug.js is written.");
	expect(recorded.stderr).toContain("retake: exit 0, 2 paths changed");
	const asked = model.getRequests().length;
	expect(asked).toBeGreaterThanOrEqual(2);
	await model.stop();

	const replayed = await run("replay", "@last");
	expect(replayed.stdout).toContain(`${asked + 1} of ${asked + 1} calls served from the record, none executed`);
	const verified = await run("replay", "@last", "--verify", "--memory", "6000");
	expect(verified.stdout).toContain("executed again: 1 of 1 call came out the same to the byte");
	expect(verified.stdout).toContain(`its HTTP: ${asked} of ${asked} exchanges served from the record, none sent`);
	expect(verified.exitCode).toBe(0);
}, 900_000);
