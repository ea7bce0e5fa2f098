import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));
const everything = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"));

/** A server that says a great deal besides its answers, none of it JSON-RPC. */
const babbling = `
const say = (text) => process.stdout.write(text + "\\n");
const answer = (id, result) => say(JSON.stringify({ jsonrpc: "2.0", id, result }));
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
	const { id, method } = JSON.parse(line);
	say("Server listening!");
	say('{"jsonrpc":"2.0","id":');
	say('{"jsonrpc":"1.0","method":1}');
	say('[{"jsonrpc":"2.0"}]');
	say('{"jsonrpc":"2.0","id":"nobody asked","result":{}}');
	say("null");
	if (method === "initialize") {
		answer(id, { protocolVersion: "2025-06-18", capabilities: { tools: {} }, serverInfo: { name: "babble", version: "1" } });
	} else if (method === "tools/list") answer(id, { tools: [] });
});
`;

async function connect(
	workspace: ScratchWorkspace,
	words: readonly string[],
	prepare: (client: Client) => void = () => {},
): Promise<Client> {
	const client = new Client({ name: "test", version: "1.0.0" }, { capabilities: { roots: { listChanged: true } } });
	prepare(client);
	const args = [program, ...words];
	await client.connect(
		new StdioClientTransport({ command: process.execPath, args, cwd: workspace.path, stderr: "ignore" }),
	);
	return client;
}

test("a server that says what is no JSON-RPC is recorded and served without what it said", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	for (const words of [
		["record", "--", process.execPath, "-e", babbling],
		["replay", "@last", "--as-mcp"],
	]) {
		const client = await connect(workspace, words);
		expect(await client.listTools()).toEqual({ tools: [] });
		await client.close();
	}
	expect((await retake(workspace.path, "replay", "@last")).exitCode).toBe(0);
});

test("a client that says what is no JSON-RPC is answered by nothing worse than silence", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const words = [program, "record", "--", process.execPath, everything, "stdio"];
	const child = spawn(process.execPath, words, { cwd: workspace.path, stdio: ["pipe", "pipe", "ignore"] });
	const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } };
	child.stdin.write('not json\n{"jsonrpc":"2.0","id":\n[]\n{"jsonrpc":"2.0","id":"x","result":{}}\n');
	child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 7, method: "initialize", params })}\n`);
	child.stdout.setEncoding("utf8");
	let heard = "";
	for await (const piece of child.stdout) {
		heard += String(piece);
		if (heard.includes("serverInfo")) break;
	}
	expect(heard).toContain('"id":7');
	child.stdin.end();
	expect(await exitCodeOf(child)).toBe(0);
});

test("a server's request for the client's roots is answered by the client, and in a replay again", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const heard: string[] = [];
	const told: unknown[] = [];
	for (const words of [
		["record", "--", process.execPath, everything, "stdio"],
		["replay", "@last", "--as-mcp"],
	]) {
		const asked = Promise.withResolvers<void>();
		const client = await connect(workspace, words, (unconnected) =>
			unconnected.setRequestHandler("roots/list", async () => {
				heard.push(words[0] ?? "");
				asked.resolve();
				return { roots: [{ uri: "file:///somewhere", name: "somewhere" }] };
			}),
		);
		await asked.promise;
		// The server takes the answer in before it is asked about it.
		await wait(300);
		told.push(await client.callTool({ name: "get-roots-list", arguments: {} }));
		await client.close();
	}
	expect(heard).toEqual(["record", "replay"]);
	expect(JSON.stringify(told[0])).toContain("file:///somewhere");
	expect(told[1]).toEqual(told[0]);
});

test("a client that vanishes in the middle leaves a record and no server", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const mark = `vanish-${process.hrtime.bigint()}`;
	const words = [program, "record", "--", process.execPath, everything, "stdio", mark];
	const child = spawn(process.execPath, words, { cwd: workspace.path, stdio: ["pipe", "pipe", "ignore"] });
	const send = (message: object): void => void child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
	const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "t", version: "1" } };
	send({ id: 1, method: "initialize", params });
	await once(child.stdout, "data");
	send({ method: "notifications/initialized" });
	const long = { name: "trigger-long-running-operation", arguments: { duration: 60, steps: 600 } };
	send({ id: 2, method: "tools/call", params: { ...long, _meta: { progressToken: 1 } } });
	await once(child.stdout, "data");
	expect(processesWith(mark)).toBeGreaterThan(1);
	child.stdout.destroy();
	child.stdin.destroy();
	await exitCodeOf(child);
	await expect.poll(() => processesWith(mark), { timeout: 20_000 }).toBe(0);
	const shown = await retake(workspace.path, "show", "@last");
	expect(shown.exitCode).toBe(0);
	expect(shown.stdout).toContain("tools/call");
});

async function exitCodeOf(child: ReturnType<typeof spawn>): Promise<number | null> {
	if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
	return child.exitCode;
}

function processesWith(word: string): number {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.filter((id) => {
			try {
				return readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").includes(word);
			} catch {
				// Ended while it was looked at.
				return false;
			}
		}).length;
}
