import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentSession, openRuntime, openSession } from "@retake/runtime";
import { expect } from "vitest";
import { ModelServer, type Turn } from "./model-server.ts";

const verdict = { verdict: "done", failed: false };

/**
 * Runs an agent against a model that follows a script, in a sandbox on a workspace with one file; takes the model's server down; plays the
 * run back. The playback must be identical, make no request, and come to the same.
 */
export async function recordAndReplay<Outcome>(
	script: readonly Turn[],
	agent: (session: AgentSession, modelUrl: string) => Promise<Outcome>,
): Promise<{ readonly outcome: Outcome; readonly server: ModelServer; readonly changed: readonly string[] }> {
	using workspace = mkdtempDisposableSync(join(tmpdir(), "retake-adapters-"));
	writeFileSync(join(workspace.path, "greeting.txt"), "hello\n");
	await using server = await ModelServer.start(script);
	const { url } = server;
	await using live = await openSession({ workspace: workspace.path });
	const outcome = await agent(live, url);
	const { runId, changes } = await live.keep(verdict);
	await server.stop();
	const requests = server.requests.length;

	await using runtime = await openRuntime({ workspace: workspace.path, sandbox: "none" });
	const session = runtime.openPlayback(runtime.store.runs.get(runId), "strict");
	let played: Outcome | undefined;
	const report = await session.finishAfter(async () => {
		played = await agent(session, url);
		return verdict;
	});
	expect(report.divergences).toEqual([]);
	expect(played).toEqual(outcome);
	expect(report.rootHash.recomputed).toBe(report.rootHash.recorded);
	expect(server.requests).toHaveLength(requests);
	return { outcome, server, changed: changes.changes.map(({ path }) => path) };
}

/** Two tools at once, then what the model makes of their answers. */
export const twoToolsAtOnce: readonly Turn[] = [
	{
		tools: [
			{ name: "read_file", input: { path: "greeting.txt" } },
			{ name: "exec", input: { argv: ["sh", "-c", "tr a-z A-Z < greeting.txt | tee LOUD.txt"] } },
		],
	},
	{ text: "all is done" },
];

/** A tool that fails in a way that the model can mend, and one of the program's own that throws. */
export const twoFailures: readonly Turn[] = [
	{
		tools: [
			{ name: "read_file", input: { path: "absent.txt" } },
			{ name: "explode", input: { why: "test" } },
		],
	},
	{ text: "so be it" },
];

/** An answer that never ends. */
export const endless: readonly Turn[] = [{ text: "one two three", hangs: true }];
