import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { replayDocument } from "../../packages/retake/src/json/replay-document.ts";
import { resumeDocument } from "../../packages/retake/src/json/resume-document.ts";
import { startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

/** Asks one thing after another, each time with what it heard last, and writes down all that it heard. */
const agent = `
import { writeFileSync } from "node:fs";
const heard = [];
for (let question = 1; question <= 5; question++) {
	const body = JSON.stringify({ question, last: heard.at(-1) ?? null });
	const response = await fetch(process.env.MODEL_BASE_URL, { method: "POST", body });
	if (!response.ok) throw new Error(await response.text());
	heard.push(await response.text());
}
writeFileSync("heard.txt", heard.join("\\n") + "\\n");
`;

/** A server that counts what it is asked, and keeps what it is told to keep waiting. */
async function startUpstream() {
	const asked: string[] = [];
	const arrived = Promise.withResolvers<void>();
	const state = { holds: null as number | null, voice: "first" };
	const server = createServer((request, response) => {
		void text(request).then((body) => {
			asked.push(body);
			const { question } = JSON.parse(body);
			if (question === state.holds) {
				// A part of the answer, and no more.
				response.write("half an ");
				arrived.resolve();
			} else response.end(`${state.voice} answer ${question}`);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		asked,
		state,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		/** Resolves when the request that is held has come. */
		arrived: arrived.promise,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

type Upstream = Awaited<ReturnType<typeof startUpstream>>;

/** Records the agent and kills Retake while the upstream keeps it waiting. */
async function recordAndKill(directory: string, upstream: Upstream): Promise<void> {
	upstream.state.holds = 4;
	const words = ["run", "--record-http", "--upstream", `model=${upstream.url}`, "--", "node", "agent.mjs"];
	const killed = startRetake(directory, words);
	await Promise.race([
		upstream.arrived,
		killed.ended.then((ended) => Promise.reject(new Error(JSON.stringify(ended)))),
	]);
	// What has come of the answer is on record too.
	while ((await output(directory, "show", "@last")).match(/http +POST/g)?.length !== 4);
	killed.child.kill("SIGKILL");
	await killed.ended;
	upstream.state.holds = null;
	upstream.state.voice = "second";
	upstream.asked.length = 0;
}

const run = (directory: string, ...words: string[]) => startRetake(directory, words).ended;

async function output(directory: string, ...words: string[]): Promise<string> {
	return (await run(directory, ...words)).stdout;
}

const numbersOf = (asked: readonly string[]) => asked.map((body) => JSON.parse(body).question);

describe("a command whose HTTP was recorded and that was killed with Retake", () => {
	test("is resumed: what is on the tape is served, what was under way is sent again, the rest is sent; the whole plays back", async () => {
		using workspace = scratchWorkspace({ "agent.mjs": agent });
		const here = workspace.path;
		await using upstream = await startUpstream();
		await recordAndKill(here, upstream);

		const resumed = await run(here, "resume", "@last", "--json");
		expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
		const child = resumeDocument.parse(JSON.parse(resumed.stdout));
		expect(child).toMatchObject({ served: 3, divergence: null, verdict: "exit 0", changedPaths: ["heard.txt"] });
		expect(child.executedAgain).toEqual(["/0/0#0", "/0/1#3"]);
		expect(child.executed).toBe(3);
		expect(numbersOf(upstream.asked)).toEqual([4, 5]);

		await upstream[Symbol.asyncDispose]();
		const verified = await run(here, "replay", child.runId, "--verify", "--json");
		expect(verified.exitCode, verified.stdout).toBe(0);
		const { verification, cutOff } = replayDocument.parse(JSON.parse(verified.stdout));
		expect(cutOff).toBe(false);
		expect(verification?.exchanges).toMatchObject({ recorded: 5, served: 5, missed: [], unconsumed: [] });
		expect((await run(here, "commit", child.runId)).exitCode).toBe(0);
		const heard = ["first answer 1", "first answer 2", "first answer 3", "second answer 4", "second answer 5"];
		expect(readFileSync(join(here, "heard.txt"), "utf8")).toBe(`${heard.join("\n")}\n`);
	});

	test("stops where it asks something else than the tape has, and sends nothing; with --policy fork it goes live there", async () => {
		// From the third question on, what it asks depends on the clock.
		const other = agent.replace("{ question,", "{ ...(question === 3 ? { at: Date.now() } : {}), question,");
		using workspace = scratchWorkspace({ "agent.mjs": other });
		const here = workspace.path;
		await using upstream = await startUpstream();
		await recordAndKill(here, upstream);
		const cut = (JSON.parse(await output(here, "runs", "--json")).runs as { runId: string }[])[0]?.runId as string;

		const stopped = await run(here, "resume", cut);
		expect(stopped.exitCode, stopped.stdout + stopped.stderr).toBe(4);
		expect(stopped.stderr).toMatch(/POST http:\S+ is not on record; nearest is call \/0\/1#2/);
		expect(upstream.asked).toEqual([]);

		const forked = await run(here, "replay", cut, "--policy", "fork", "--json");
		expect(forked.exitCode, forked.stdout + forked.stderr).toBe(0);
		const child = resumeDocument.parse(JSON.parse(forked.stdout));
		expect(child).toMatchObject({ served: 2, divergence: { kind: "input", address: "/0/1#2" } });
		expect(numbersOf(upstream.asked)).toEqual([3, 4, 5]);
		const replayed = await run(here, "replay", child.runId);
		expect(replayed.stdout).toContain("6 of 6 calls served from the record, none executed");
		const people = await output(here, "replay", cut, "--policy", "fork");
		expect(people).toContain("left the record: input: POST http");
	});

	test("whose end is on the tape is not executed again", async () => {
		using workspace = scratchWorkspace({ "agent.mjs": agent });
		const here = workspace.path;
		await using upstream = await startUpstream();
		const words = ["run", "--record-http", "--upstream", `model=${upstream.url}`, "--", "node", "agent.mjs"];
		expect((await run(here, ...words)).exitCode).toBe(0);
		// As a death between the command's end and the run's would have left it.
		const database = new DatabaseSync(join(here, ".retake", "retake.db"));
		database.exec("DELETE FROM event WHERE id = (SELECT max(id) FROM event)");
		database.exec("UPDATE run SET state = 'open', verdict = NULL, failed = NULL, ended_at = NULL, root_hash = NULL");
		database.close();
		await upstream[Symbol.asyncDispose]();

		const resumed = await run(here, "resume", "@last", "--json");
		expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0);
		const child = resumeDocument.parse(JSON.parse(resumed.stdout));
		expect(child).toMatchObject({ served: 6, executed: 0, executedAgain: [], verdict: "exit 0" });
		expect(child.changedPaths).toEqual(["heard.txt"]);
		const replayed = await run(here, "replay", child.runId);
		expect(replayed.stdout).toContain("identical: both hashes are the same");
	});
});
