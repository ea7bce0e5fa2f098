import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));
const everything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));
const files = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"));

/** What a client was told, in the order of its own doings: answers, and what the server asked of it. */
type Told = readonly (readonly [what: string, said: unknown])[];

/** Connects the official client to `retake WORDS`, lets it talk, and returns what it was told. */
async function talk(
	workspace: ScratchWorkspace,
	words: readonly string[],
	say: (client: Client, note: (what: string, said: unknown) => void) => Promise<void>,
): Promise<{ readonly told: Told; readonly stderr: string }> {
	const told: [string, unknown][] = [];
	const note = (what: string, said: unknown): void => void told.push([what, said]);
	const capabilities = { sampling: {}, elicitation: { form: {} } };
	const client = new Client({ name: `client ${process.hrtime.bigint()}`, version: "1.0.0" }, { capabilities });
	client.setRequestHandler("sampling/createMessage", async ({ params }) => {
		note("asked for a sample", params);
		return { model: "none", role: "assistant", content: { type: "text", text: "sampled" } };
	});
	client.setRequestHandler("elicitation/create", async ({ params }) => {
		note("asked the user", params);
		return { action: "accept", content: { name: "somebody" } };
	});
	const transport = new StdioClientTransport({
		command: process.execPath,
		args: [program, ...words],
		cwd: workspace.path,
		stderr: "pipe",
	});
	let stderr = "";
	transport.stderr?.on("data", (text: Buffer) => (stderr += text.toString("utf8")));
	await client.connect(transport);
	await say(client, note);
	const read = transport.stderr === null ? null : once(transport.stderr, "end");
	await client.close();
	await read;
	return { told, stderr };
}

const conversation = async (client: Client, note: (what: string, said: unknown) => void): Promise<void> => {
	const call = (name: string, input: Record<string, unknown>) => client.callTool({ name, arguments: input });
	note("tools", await client.listTools());
	note("echo", await call("echo", { message: "first" }));
	note("at once", await Promise.all([call("echo", { message: "a" }), call("get-sum", { a: 5, b: 2.5 })]));
	note("sample", await call("trigger-sampling-request", { prompt: "say", maxTokens: 10 }));
	note("elicit", await call("trigger-elicitation-request", {}));
	const cancelling = new AbortController();
	const long = client.callTool(
		{ name: "trigger-long-running-operation", arguments: { duration: 60, steps: 60 } },
		{ signal: cancelling.signal },
	);
	setTimeout(() => cancelling.abort(), 200);
	note("cancelled", await long.catch((error: unknown) => (error as Error).name));
	note("resources", await client.listResources());
	note("prompts", await client.listPrompts());
	note("unknown tool", await call("no-such-tool", {}));
};

describe("a conversation with a server of others", () => {
	test("is put on record without a difference to the client, and served again without the server", async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		const directly = await talk(workspace, ["record", "--", process.execPath, everything, "stdio"], conversation);
		expect(directly.told.map(([what]) => what)).toEqual([
			"tools",
			"echo",
			"at once",
			"asked for a sample",
			"sample",
			"asked the user",
			"elicit",
			"cancelled",
			"resources",
			"prompts",
			"unknown tool",
		]);
		const again = await talk(workspace, ["replay", "@last", "--as-mcp"], conversation);
		expect(again.told).toEqual(directly.told);
		expect(again.stderr).toContain("identical: both hashes are the same");
		expect(again.stderr).not.toContain("Starting");

		const { stdout } = await retake(workspace.path, "show", "@last");
		expect(stdout).toContain("mcp tools/call");
		const replayed = await retake(workspace.path, "replay", "@last");
		expect(replayed.exitCode, replayed.stderr + replayed.stdout).toBe(0);
	});

	test("tells a client that asks for something else so, and exits with 4", async () => {
		using workspace = scratchWorkspace({ "notes.txt": "recorded\n" });
		const root = realpathSync(workspace.path);
		const read = (path: string) => async (client: Client, note: (what: string, said: unknown) => void) => {
			const answer = client.callTool({ name: "read_text_file", arguments: { path: join(root, path) } });
			note(
				"read",
				await answer.then(
					({ content }) => content,
					(error: unknown) => (error as Error).message,
				),
			);
		};
		const live = await talk(workspace, ["record", "--", process.execPath, files, root], read("notes.txt"));
		expect(JSON.stringify(live.told)).toContain("recorded");
		// The tape answers, not the file.
		writeFileSync(join(workspace.path, "notes.txt"), "changed since\n");
		const same = await talk(workspace, ["replay", "@last", "--as-mcp"], read("notes.txt"));
		expect(same.told).toEqual(live.told);
		const other = await talk(workspace, ["replay", "@last", "--as-mcp"], read("other.txt"));
		expect(JSON.stringify(other.told)).toContain("input");
		expect(other.stderr).toContain("diverged: 1 divergence");
		expect(readFileSync(join(workspace.path, "notes.txt"), "utf8")).toBe("changed since\n");
	});

	test("is recorded over HTTP as over streams", async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		const port = await freePort();
		const server = spawn(process.execPath, [everything, "streamableHttp"], {
			env: { ...process.env, PORT: String(port) },
			stdio: ["ignore", "ignore", "pipe"],
		});
		try {
			await once(server.stderr, "data");
			const url = `http://127.0.0.1:${port}/mcp`;
			const live = await talk(workspace, ["record", "--url", url], conversation);
			const again = await talk(workspace, ["replay", "@last", "--as-mcp"], conversation);
			expect(again.told).toEqual(live.told);
			expect(live.told).toHaveLength(11);
		} finally {
			const ended = once(server, "exit");
			server.kill();
			await ended;
		}
	});
});

test("a server that is not there, or ends in the middle, is an error that the client hears of", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const absent = await retake(workspace.path, "record", "--", "no-such-server");
	expect(absent.exitCode).toBe(3);
	expect(absent.stderr).toContain("no-such-server");
	const dying = "process.stdin.once('data', () => process.exit(1))";
	const dead = talk(workspace, ["record", "--", process.execPath, "-e", dying], async () => {});
	await expect(dead).rejects.toThrow(/closed/);
});

test("neither a command nor a URL, or both, is a wrong use", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	expect((await retake(workspace.path, "record")).exitCode).toBe(2);
	expect((await retake(workspace.path, "record", "--url", "http://localhost:1/mcp", "--", "cat")).exitCode).toBe(2);
	expect((await retake(workspace.path, "record", "--url", "ftp://localhost/mcp")).exitCode).toBe(2);
});

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === "string") throw new Error("no port was given");
	return address.port;
}
