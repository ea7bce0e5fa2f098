import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { type ScratchWorkspace, scratchWorkspace } from "./scratch-workspace.ts";

const program = fileURLToPath(new URL("../../packages/retake/bin/retake.js", import.meta.url));

type Era = "2025" | "2026";
type Answer = { readonly [key: string]: unknown };

interface ConnectOptions {
	readonly era?: Era;
	/** What the user answers when asked; undefined for a client that cannot ask. */
	readonly agrees?: boolean;
	readonly words?: readonly string[];
}

/** The official client, connected to the real command line over its standard streams. */
class Connection implements AsyncDisposable {
	readonly client: Client;
	readonly questions: unknown[] = [];
	readonly transport: StdioClientTransport;

	private constructor(workspace: string, { era = "2026", agrees, words = [] }: ConnectOptions) {
		this.client = new Client(
			{ name: "retake-test", version: "1.0.0" },
			{
				capabilities: agrees === undefined ? {} : { elicitation: { form: {} } },
				...(era === "2026" ? { versionNegotiation: { mode: "auto" } } : {}),
			},
		);
		if (agrees !== undefined) {
			this.client.setRequestHandler("elicitation/create", async ({ params }) => {
				this.questions.push(params.message);
				return agrees ? { action: "accept", content: { commit: true } } : { action: "decline" };
			});
		}
		const args = [program, "mcp", "--workspace", workspace, ...words];
		this.transport = new StdioClientTransport({ command: process.execPath, args, stderr: "inherit" });
	}

	static async open(workspace: ScratchWorkspace, options: ConnectOptions = {}): Promise<Connection> {
		const connection = new Connection(workspace.path, options);
		await connection.client.connect(connection.transport);
		return connection;
	}

	/** Calls a tool that must succeed. */
	async call(name: string, input: Answer, onProgress?: (message: string | undefined) => void): Promise<Answer> {
		const onprogress = ({ message }: { message?: string | undefined }): void => onProgress?.(message);
		const options = onProgress === undefined ? {} : { onprogress };
		const result = await this.client.callTool({ name, arguments: { ...input } }, options);
		expect(result.isError ?? false, JSON.stringify(result.content)).toBe(false);
		return result.structuredContent as Answer;
	}

	/** Calls a tool that must fail, and returns the code. */
	async fails(name: string, input: Answer): Promise<unknown> {
		const result = await this.client.callTool({ name, arguments: { ...input } });
		expect(result.isError).toBe(true);
		return (result.structuredContent as { error: { code: string } }).error.code;
	}

	async begin(): Promise<string> {
		return String((await this.call("begin", {}))["session"]);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.client.close();
	}
}

describe.each<Era>(["2025", "2026"])("an MCP client of %s", (era) => {
	test("starts a process at a terminal, types at it, and finds what it wrote in the session when it is stopped", async () => {
		using workspace = scratchWorkspace({ "greeting.txt": "hello\n" });
		await using connection = await Connection.open(workspace, { era });
		const session = await connection.begin();
		const terminal = { columns: 80, rows: 24 };
		const { process } = await connection.call("start", { session, argv: ["/bin/sh"], terminal });
		await connection.call("resize", { session, process, columns: 91, rows: 17 });
		const content = "stty size; cat greeting.txt > copy.txt; echo $((6 * 7))\n";
		await connection.call("write_input", { session, process, content });
		let shown = "";
		while (!shown.includes("42")) {
			const { stdout, running } = await connection.call("output", { session, process, waitMs: 10_000 });
			expect(running).toBe(true);
			shown += String(stdout);
		}
		expect(shown).toContain("17 91");
		expect(await connection.fails("read_file", { session, path: "copy.txt" })).toBe("FILE_NOT_FOUND");
		expect(await connection.fails("commit", { session, to: "worktree" })).toBe("USAGE");
		const stopped = await connection.call("stop", { session, process, graceMs: 0 });
		expect(stopped).toMatchObject({ conflicts: [], refused: [], end: { signal: "SIGKILL" } });
		expect(await connection.fails("output", { session, process })).toBe("USAGE");
		expect(await connection.call("read_file", { session, path: "copy.txt" })).toMatchObject({ content: "hello\n" });
		await connection.call("commit", { session, to: "worktree" });
		expect(readFileSync(join(workspace.path, "copy.txt"), "utf8")).toBe("hello\n");
		expect((await retake(workspace.path, "replay", session)).exitCode).toBe(0);
		expect((await retake(workspace.path, "show", session)).stdout).toContain("write_input");
	});

	test("works in a session, returns to a savepoint, forks and commits what its user agreed to", async () => {
		using workspace = scratchWorkspace({ "greeting.txt": "hello\n" });
		await using connection = await Connection.open(workspace, { era, agrees: true });
		const session = await connection.begin();
		await connection.call("edit_file", { session, path: "greeting.txt", oldText: "hello", newText: "goodbye" });
		const { savepoint } = await connection.call("savepoint", { session });
		await connection.call("exec", { session, argv: ["rm", "greeting.txt"] });
		await connection.call("roll_back_to", { session, savepoint });
		const fork = String((await connection.call("fork", { session }))["session"]);
		await connection.call("write_file", { session: fork, path: "other.txt", content: "of the fork\n" });
		const ran = await connection.call("exec", { session, argv: ["cat", "greeting.txt"] });
		expect(ran).toMatchObject({ exitCode: 0, stdout: "goodbye\n", stderr: "", truncated: false });
		const { changes, patch } = await connection.call("changes", { session, patch: true });
		expect(changes).toEqual([{ path: "greeting.txt", change: "modified", kind: "file" }]);
		expect(patch).toContain("-hello\n+goodbye\n");
		expect(readFileSync(join(workspace.path, "greeting.txt"), "utf8")).toBe("hello\n");

		const { committed } = await connection.call("commit", { session });
		expect(committed).toEqual({ kind: "worktree", paths: 1, recoveryPending: false });
		expect(connection.questions).toEqual([`Commit the changes of ${session} to worktree?`]);
		expect(readFileSync(join(workspace.path, "greeting.txt"), "utf8")).toBe("goodbye\n");
		expect(existsSync(join(workspace.path, "other.txt"))).toBe(false);
		await connection.call("rollback", { session: fork });
		const replayed = await retake(workspace.path, "replay", session);
		expect(replayed.exitCode, replayed.stderr).toBe(0);
	});

	test("writes nothing when its user declines, and the session goes on", async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		await using connection = await Connection.open(workspace, { era, agrees: false });
		const session = await connection.begin();
		await connection.call("write_file", { session, path: "b.txt", content: "b\n" });
		expect(await connection.fails("commit", { session })).toBe("INTERRUPTED");
		expect(existsSync(join(workspace.path, "b.txt"))).toBe(false);
		expect((await connection.call("read_file", { session, path: "b.txt" }))["content"]).toBe("b\n");
	});

	test("is told of a command's output while it runs, and can cancel it", async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		await using connection = await Connection.open(workspace, { era });
		const session = await connection.begin();
		const told: (string | undefined)[] = [];
		await connection.call("exec", { session, argv: ["sh", "-c", "echo begun; sleep 0.5; echo done"] }, (message) =>
			told.push(message),
		);
		expect(told).toEqual(["begun", "done"]);

		const cancelling = new AbortController();
		const options = { signal: cancelling.signal, onprogress: () => cancelling.abort() };
		const argv = ["sh", "-c", "echo begun; sleep 300; echo written > late.txt"];
		const cancelled = connection.client.callTool({ name: "exec", arguments: { session, argv } }, options);
		await expect(cancelled).rejects.toThrow();
		const { entries } = await connection.call("list_files", { session });
		expect(entries).toEqual([{ path: "a.txt", kind: "file" }]);
	});
});

test("a commit is not asked about where the client cannot ask, and refused where it must be asked about", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	{
		await using connection = await Connection.open(workspace);
		const session = await connection.begin();
		await connection.call("write_file", { session, path: "b.txt", content: "b\n" });
		await connection.call("commit", { session });
		expect(readFileSync(join(workspace.path, "b.txt"), "utf8")).toBe("b\n");
	}
	await using strict = await Connection.open(workspace, { words: ["--confirm", "always"] });
	const session = await strict.begin();
	await strict.call("write_file", { session, path: "c.txt", content: "c\n" });
	expect(await strict.fails("commit", { session })).toBe("USAGE");
	expect(existsSync(join(workspace.path, "c.txt"))).toBe(false);
});

test("what has changed in the workspace meanwhile is not overwritten, and the run can be committed elsewhere", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	execFileSync("git", ["init", "-q", "-b", "main"], { cwd: workspace.path });
	execFileSync(
		"git",
		["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "x"],
		{
			cwd: workspace.path,
		},
	);
	await using connection = await Connection.open(workspace);
	const session = await connection.begin();
	await connection.call("write_file", { session, path: "a.txt", content: "theirs\n" });
	writeFileSync(join(workspace.path, "a.txt"), "mine\n");
	expect(await connection.fails("commit", { session })).toBe("CONFLICT");
	expect(readFileSync(join(workspace.path, "a.txt"), "utf8")).toBe("mine\n");
});

test("evaluates candidates, and its selection can be committed", async () => {
	using workspace = scratchWorkspace({ "sum.txt": "1\n" });
	await using connection = await Connection.open(workspace);
	const told: (string | undefined)[] = [];
	const { run, selected, candidates } = await connection.call(
		"evaluate",
		{
			candidates: [
				{ name: "wrong", command: "echo 3 > sum.txt" },
				{ name: "right", patch: "--- a/sum.txt\n+++ b/sum.txt\n@@ -1 +1 @@\n-1\n+2\n" },
			],
			checks: [{ name: "sum", command: 'test "$(cat sum.txt)" = 2' }],
			jobs: 1,
		},
		(message) => told.push(message),
	);
	expect(selected).toBe("right");
	expect(candidates).toMatchObject([
		{ name: "wrong", verdict: "fail", changedPaths: ["sum.txt"] },
		{ name: "right", verdict: "pass", checks: [{ name: "sum", exitCode: 0 }] },
	]);
	expect(told).toContain("wrong: fail");
	await connection.call("commit", { session: run });
	expect(readFileSync(join(workspace.path, "sum.txt"), "utf8")).toBe("2\n");
});

test("every failure is a result that names its code: a session that is not open, an input that does not fit", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using connection = await Connection.open(workspace);
	expect(await connection.fails("exec", { session: "none", argv: ["true"] })).toBe("SESSION_CLOSED");
	const session = await connection.begin();
	expect(await connection.fails("read_file", { session, path: "absent" })).toBe("FILE_NOT_FOUND");
	expect(await connection.fails("read_file", { session, path: "../etc/passwd" })).toBe("PATH_REFUSED");
	expect(await connection.fails("roll_back_to", { session, savepoint: 7 })).toBe("USAGE");
	expect(await connection.fails("begin", { base: "no-such-ref" })).toMatch(/BASE_NOT_FOUND|REPOSITORY_NOT_FOUND/);
	const misspelt = await connection.client.callTool({ name: "exec", arguments: { session, command: "true" } });
	expect(misspelt.isError).toBe(true);
	expect(JSON.stringify(misspelt.content)).toContain("argv");
});

test("a client that vanishes in the middle of a command leaves no process and nothing in the workspace", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const connection = await Connection.open(workspace);
	const session = await connection.begin();
	const server = connection.transport.pid;
	if (server === null) throw new Error("the server has no process id");
	const nonce = `86399.${process.pid}`;
	const running = connection.client.callTool({ name: "exec", arguments: { session, argv: ["sleep", nonce] } }).then(
		() => "answered",
		() => "gone",
	);
	await expect.poll(() => commandsWith(nonce)).toBeGreaterThan(0);
	process.kill(server, "SIGKILL");
	expect(await running).toBe("gone");
	await expect.poll(() => commandsWith(nonce), { timeout: 5000 }).toBe(0);
	expect(readdirSync(workspace.path).filter((name) => name !== ".retake")).toEqual(["a.txt"]);
});

test("ends when its client closes the stream, and rolls back what was open", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	const connection = await Connection.open(workspace);
	const session = await connection.begin();
	await connection.call("write_file", { session, path: "b.txt", content: "b\n" });
	await connection.client.close();
	const shown = await retake(workspace.path, "runs", "--json");
	const { runs } = JSON.parse(shown.stdout) as { runs: { runId: string; state: string }[] };
	expect(runs.find(({ runId }) => runId === session)?.state).toBe("rolled-back");
	expect(existsSync(join(workspace.path, "b.txt"))).toBe(false);
});

test("rolls back a session that is left idle", async () => {
	using workspace = scratchWorkspace({ "a.txt": "a\n" });
	await using connection = await Connection.open(workspace, { words: ["--idle", "0.005"] });
	const session = await connection.begin();
	await expect
		.poll(
			async () => (await connection.client.callTool({ name: "changes", arguments: { session } })).isError ?? false,
			{
				// Looking is using: the pause between two looks must be longer than a session may lie idle.
				interval: 1000,
				timeout: 10_000,
			},
		)
		.toBe(true);
	expect(await connection.fails("changes", { session })).toBe("SESSION_CLOSED");
});

describe("over HTTP", () => {
	test("serves whoever has the token, and keeps sessions from one request to the next", async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		await using server = await startHttp(workspace);
		for (const era of ["2026", "2025"] as const) {
			const client = new Client(
				{ name: "retake-test", version: "1.0.0" },
				era === "2026" ? { versionNegotiation: { mode: "auto" } } : {},
			);
			const headers = { authorization: `Bearer ${server.token}` };
			await client.connect(new StreamableHTTPClientTransport(new URL(server.url), { requestInit: { headers } }));
			const begun = await client.callTool({ name: "begin", arguments: {} });
			const { session } = begun.structuredContent as { session: string };
			const ran = await client.callTool({ name: "exec", arguments: { session, argv: ["cat", "a.txt"] } });
			expect(ran.structuredContent).toMatchObject({ exitCode: 0, stdout: "a\n" });
			await client.close();
		}
	});

	test("refuses a request without the token, for another host, or from another origin", async () => {
		using workspace = scratchWorkspace({ "a.txt": "a\n" });
		await using server = await startHttp(workspace);
		const authorization = `Bearer ${server.token}`;
		expect(await status(server.url, {})).toBe(401);
		expect(await status(server.url, { authorization: "Bearer wrong" })).toBe(401);
		expect(await status(server.url, { authorization, host: "attacker.example" })).toBe(403);
		expect(await status(server.url, { authorization, origin: "https://attacker.example" })).toBe(403);
		// The control: the same request, allowed.
		expect(await status(server.url, { authorization })).toBe(200);
		expect(await status(server.url, { authorization, origin: "http://localhost:3000" })).toBe(200);
	});
});

interface HttpServerProcess extends AsyncDisposable {
	readonly url: string;
	readonly token: string;
}

async function startHttp(workspace: ScratchWorkspace): Promise<HttpServerProcess> {
	const words = [program, "mcp", "--workspace", workspace.path, "--http", "127.0.0.1:0"];
	const child = spawn(process.execPath, words, { stdio: ["ignore", "inherit", "pipe"] });
	let shown = "";
	child.stderr.setEncoding("utf8");
	for await (const text of child.stderr) {
		shown += String(text);
		const [, url, token] = /listening on (\S+), token (\S+)\n/.exec(shown) ?? [];
		if (url === undefined || token === undefined) continue;
		const stop = async (): Promise<void> => {
			const ended = once(child, "exit");
			child.kill("SIGINT");
			expect((await ended)[0]).toBe(130);
		};
		return { url, token, [Symbol.asyncDispose]: stop };
	}
	throw new Error(`the server ended: ${shown}`);
}

function status(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
	const protocol = { "content-type": "application/json", accept: "application/json, text/event-stream" };
	return new Promise((resolve, reject) => {
		const sent = request(url, { method: "POST", headers: { ...protocol, ...headers } }, (response) => {
			response.resume();
			resolve(response.statusCode);
		});
		sent.once("error", reject);
		sent.end(
			JSON.stringify({
				jsonrpc: "2.0",
				id: 1,
				method: "initialize",
				params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
			}),
		);
	});
}

/** How many processes of this machine have a word in their command line. */
function commandsWith(word: string): number {
	const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
	return processes.filter((id) => {
		try {
			return (
				readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0").includes(word) && readlinkSync(`/proc/${id}/exe`) !== ""
			);
		} catch {
			// Ended while it was looked at.
			return false;
		}
	}).length;
}
