import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));
const inspector = fileURLToPath(
	new URL("../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js", import.meta.url),
);
const everything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
const files = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"));

/** Lets the official inspector ask a server one thing, and returns what it prints. */
async function inspect(directory: string, server: readonly string[], ...asked: string[]): Promise<unknown> {
	// Its own patience is for idle machines.
	const words = [inspector, "--cli", process.execPath, ...server, ...asked, "--connect-timeout", "120000"];
	const child = spawn(process.execPath, words, { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
	const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
	expect(printed, complaints).toMatch(/^\s*\{/);
	return JSON.parse(printed);
}

test("the inspector lists and calls the tools of retake mcp", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const server = [program, "mcp", "--workspace", workspace.path];
	const { tools } = (await inspect(workspace.path, server, "--method", "tools/list")) as {
		readonly tools: readonly { readonly name: string }[];
	};
	expect(tools.map(({ name }) => name)).toEqual(
		expect.arrayContaining(
			"begin exec read_file write_file edit_file apply_patch search_files savepoint changes fork evaluate commit rollback".split(
				" ",
			),
		),
	);
	const begun = await inspect(workspace.path, server, "--method", "tools/call", "--tool-name", "begin");
	expect(begun).toMatchObject({ structuredContent: { session: expect.stringMatching(/^\w{16}$/) } });
});

test.each([
	["everything", [everything, "stdio"], "echo", "message=said once", "Echo: said once"],
	["filesystem", [files, "."], "read_text_file", "path=a.txt", "a\n"],
])(
	"the inspector's talk with the server %s is recorded, and served again as it was",
	async (_name, server, tool, argument, said) => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		const call = ["--method", "tools/call", "--tool-name", tool, "--tool-arg", argument];
		const direct = await inspect(workspace.path, server, ...call);
		const recorded = await inspect(workspace.path, [program, "record", "--", process.execPath, ...server], ...call);
		const replayed = await inspect(workspace.path, [program, "replay", "@last", "--as-mcp"], ...call);
		expect(direct).toMatchObject({ content: [{ text: said }] });
		expect(recorded).toEqual(direct);
		expect(replayed).toEqual(direct);
		expect((await retake(workspace.path, "runs")).stdout).toContain("mcp");
	},
);
