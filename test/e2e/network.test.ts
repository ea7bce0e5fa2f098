import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { continueRun, replay } from "@retake/evaluator";
import { commandVerdict, openRuntime, type RuntimeOptions } from "@retake/runtime";
import { expect, test } from "vitest";
import { retake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

const secret = "token-0123456789abcdef";

/** A server of this process's that answers with the header that it was sent. */
async function startServer() {
	const keys: (string | undefined)[] = [];
	const server = createServer((request, response) => {
		const key = request.headers["x-key"];
		keys.push(typeof key === "string" ? key : undefined);
		response.end(`hello ${String(key)}\n`);
	});
	await once(server.listen(0, "127.0.0.1"), "listening");
	const address = server.address();
	const port = typeof address === "object" && address !== null ? address.port : 0;
	const close = async (): Promise<void> => {
		server.close();
		server.closeAllConnections();
	};
	return { keys, port, close, [Symbol.asyncDispose]: close };
}

const fetching = (port: number): string => `curl -sS http://api.internal:${port}/ http://other.internal/`;

test("a run with an allow-list is on record, plays back without a network, and is executed again with one", async () => {
	await using server = await startServer();
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	const to = `api.internal:${server.port}`;
	const secrets: RuntimeOptions["secrets"] = [
		{ name: "key", value: secret, inject: { to, header: "x-key", format: "{}" } },
	];
	const allowed = { workspace: workspace.path, allow: [`${to}=127.0.0.1`], secrets };
	const runId = await (async () => {
		await using runtime = await openRuntime(allowed);
		const base = await runtime.freeze("worktree");
		const argv = ["sh", "-c", fetching(server.port)];
		const start = { base, kind: "command", title: "fetch", program: { kind: "command", argv } } as const;
		await using session = await runtime.startSession(start);
		const output = await session.call("exec", { argv });
		expect(Buffer.from(output.stdout).toString()).toContain(`hello ${"*".repeat(secret.length)}\n`);
		expect(output.network?.connections.map(({ host, verdict }) => `${host} ${verdict}`)).toEqual([
			"api.internal passed",
			"other.internal refused",
		]);
		await session.keep(commandVerdict(output));
		return session.runId;
	})();
	expect(server.keys).toEqual([secret]);

	// Nothing of it is given again: the record says what was allowed, and holds no secret.
	await using plain = await openRuntime({ workspace: workspace.path });
	const run = plain.store.runs.get(runId);
	await expect(plain.verify(run)).rejects.toMatchObject({
		code: "USAGE",
		message: expect.stringContaining("secret key"),
	});
	await using again = await openRuntime({ workspace: workspace.path, secrets: [{ name: "key", value: secret }] });
	expect(await again.verify(run)).toMatchObject({ calls: 1, equal: 1, differences: [] });
	const forked = await continueRun(again, run, { at: 0 });
	expect(forked.origin).toMatchObject({ served: 0, executed: 1 });
	expect(server.keys).toEqual([secret, secret, secret]);
	await server.close();
	expect(await replay(plain, run)).toMatchObject({ divergences: [], rootHash: { recomputed: run.rootHash } });
	const changed = await again.verify(run);
	expect(changed.differences.map(({ field }) => field)).toContain("network");
	for (const name of readdirSync(join(workspace.path, ".retake")).filter((each) => each.startsWith("retake.db"))) {
		expect(readFileSync(join(workspace.path, ".retake", name)).includes(secret)).toBe(false);
	}
});

test("the command line allows a host and injects a secret from its environment, and shows what passed", async () => {
	await using server = await startServer();
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	process.env["NETWORK_TEST_KEY"] = secret;
	const to = `api.internal:${server.port}`;
	const allow = ["--allow", `${to}=127.0.0.1`];
	const words = [...allow, "--secret", `NETWORK_TEST_KEY@${to}=x-key`];
	const ran = await retake(workspace.path, "run", ...words, "--", "sh", "-c", fetching(server.port));
	expect(ran.stdout).toContain("hello");
	expect(ran.stdout + ran.stderr).not.toContain(secret);
	expect(server.keys).toEqual([secret]);
	const shown = await retake(workspace.path, "show", "@last", "0");
	expect(shown.stdout).toMatch(/passed GET api\.internal:\d+: status 200, 0 B sent, 29 B received/);
	expect(shown.stdout).toContain("refused GET other.internal:80: not-listed");
	const missing = await retake(workspace.path, "run", "--secret", `NO_SUCH_VARIABLE@${to}`, "--", "true");
	expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("NO_SUCH_VARIABLE is not set") });
	const elsewhere = await retake(workspace.path, "run", "--allow", "*.example.com:443", "--", "true");
	expect(elsewhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("HOST:PORT") });
});

test("a set-up reaches what it alone is allowed, and names what it was refused", async () => {
	await using server = await startServer();
	using workspace = scratchWorkspace({ "notes.txt": "one\n" });
	const to = `api.internal:${server.port}`;
	const fetch = `curl -fsS http://${to}/`;
	const evaluation = ["--check", `alone=! ${fetch}`, "--candidate-cmd", "a=cat fetched.txt > copy.txt", "--json"];
	const setup = ["eval", "--setup", `${fetch} > fetched.txt`];
	const passed = await retake(workspace.path, ...setup, "--setup-allow", `${to}=127.0.0.1`, ...evaluation);
	expect(JSON.parse(passed.stdout)).toMatchObject({ selected: "a" });
	const other = ["--setup-allow", "else.internal:80=127.0.0.1"];
	const refused = await retake(workspace.path, ...setup, ...other, ...evaluation);
	expect(refused.exitCode).toBe(3);
	expect(JSON.parse(refused.stdout || refused.stderr)).toMatchObject({
		error: { code: "TOOL_FAILED", remedy: expect.stringContaining(`--setup-allow ${to}`) },
	});
});
