import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LLMock } from "@copilotkit/aimock";
import { describe, expect, test } from "vitest";
import { startRetake } from "./retake-process.ts";
import { scratchWorkspace } from "./scratch-workspace.ts";

/** An agent in a few lines: asks twice at once, follows the stream, writes what it heard, runs a command of its own. */
const agent = `
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
async function ask(content) {
	const body = JSON.stringify({ model: "m", stream: true, messages: [{ role: "user", content }] });
	const headers = { "content-type": "application/json", authorization: "Bearer " + OPENAI_API_KEY };
	const response = await fetch(OPENAI_BASE_URL + "/chat/completions", { method: "POST", headers, body });
	if (!response.ok) throw new Error(await response.text());
	const events = (await response.text()).split("\\n").filter((line) => line.startsWith("data: {"));
	return events.map((line) => JSON.parse(line.slice(6)).choices[0].delta.content ?? "").join("");
}
const answers = await Promise.all([ask("count"), ask("spell")]);
writeFileSync("answer.txt", answers.join("\\n") + "\\n");
console.log(execFileSync("sha256sum", ["answer.txt"], { encoding: "utf8" }));
const elsewhere = await fetch("http://192.0.2.1/").then((response) => response.status, (error) => error.cause?.code);
console.log("elsewhere: " + elsewhere);
console.log("key: " + OPENAI_API_KEY);
`;

/** An agent that asks three times, each time with what it heard before. */
const inTurn = `
import { writeFileSync } from "node:fs";
const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
async function ask(content) {
	const body = JSON.stringify({ model: "m", messages: [{ role: "user", content }] });
	const headers = { "content-type": "application/json", authorization: "Bearer " + OPENAI_API_KEY };
	const response = await fetch(OPENAI_BASE_URL + "/chat/completions", { method: "POST", headers, body });
	return (await response.json()).choices[0].message.content;
}
const answers = [await ask("count")];
answers.push(await ask("second after " + answers[0]), await ask("third"));
writeFileSync("answer.txt", answers.join("\\n") + "\\n");
`;

async function startModel() {
	const model = new LLMock({ port: 0, chunkSize: 4 });
	model.onMessage("count", { content: "one two three" });
	model.onMessage("spell", { content: "a-n-s-w-e-r" });
	model.onMessage(/second/, { content: "two" });
	model.onMessage(/third/, { content: "three" });
	await model.start();
	return { model, [Symbol.asyncDispose]: () => model.stop().catch(() => undefined) };
}

const key = "sk-the-true-key-of-the-user";

describe("retake run --record-http", () => {
	test("records a process and its model; the process is executed again without the model, to the byte", async () => {
		using workspace = scratchWorkspace({ "agent.mjs": agent, "package.json": "{}" });
		await using upstream = await startModel();
		const { model } = upstream;
		const run = (...words: string[]) => startRetake(workspace.path, words, { OPENAI_API_KEY: key }).ended;
		const recorded = await run("run", "--record-http", "--upstream", `openai=${model.url}`, "--", "node", "agent.mjs");
		expect(recorded.stderr).toContain("1 path changed, kept");
		expect(recorded.stderr).toContain("a request was refused: 192.0.2.1 is not among the hosts that may be reached");
		expect(recorded.stdout).toMatch(/^[0-9a-f]{64} {2}answer.txt\n\nelsewhere: (?!200)/);
		expect(model.getRequests()).toHaveLength(2);
		// The true key is outside: neither the process has it nor the record.
		expect(recorded.stdout).toContain("key: retake-holds-the-key");
		const store = readdirSync(join(workspace.path, ".retake")).filter((name) => name.startsWith("retake.db"));
		for (const name of store) expect(readFileSync(join(workspace.path, ".retake", name)).includes(key)).toBe(false);
		await model.stop();

		const replayed = await run("replay", "@last");
		expect(replayed.stdout).toContain("3 of 3 calls served from the record, none executed");
		const verified = await run("replay", "@last", "--verify");
		expect(verified.stdout).toContain("executed again: 1 of 1 call came out the same to the byte");
		expect(verified.stdout).toContain("its HTTP: 2 of 2 exchanges served from the record, none sent");
		expect(verified.exitCode).toBe(0);

		const listed = await run("show", "@last");
		expect(listed.stdout).toMatch(/\/0\/1#0 +http +POST http:\S+ +200/);
		const shown = await run("show", "@last", "/0/1#0");
		expect(shown.stdout).toMatch(/streamed text \(\d+ bytes in \d+ pieces\):\n +(one two three|a-n-s-w-e-r)\n/);
	});

	test("another request than the recorded one is answered with an error, and the replay says so", async () => {
		using workspace = scratchWorkspace({ "agent.mjs": agent, "package.json": "{}" });
		await using upstream = await startModel();
		const { model } = upstream;
		// What it asks depends on the clock: the same command asks something else the next time.
		writeFileSync(
			join(workspace.path, "agent.mjs"),
			agent.replace('ask("count")', 'ask("count " + process.hrtime.bigint())'),
		);
		const run = (...words: string[]) => startRetake(workspace.path, words).ended;
		const recorded = await run("run", "--record-http", "--upstream", `openai=${model.url}`, "--", "node", "agent.mjs");
		expect(recorded.exitCode).toBe(0);
		const verified = await run("replay", "@last", "--verify", "--json");
		expect(verified.exitCode).toBe(4);
		const { verification } = JSON.parse(verified.stdout);
		expect(verification.exchanges).toMatchObject({
			recorded: 2,
			missed: [{ differences: ["/body/json/messages/0/content"] }],
			unconsumed: [expect.stringMatching(/^\/0\/1#\d$/)],
		});
		expect(model.getRequests()).toHaveLength(2);
	});

	test("is forked at an exchange: what came before is served, that one and what follows is asked anew, in a run of its own", async () => {
		using workspace = scratchWorkspace({ "agent.mjs": inTurn });
		await using upstream = await startModel();
		const { model } = upstream;
		const run = (...words: string[]) => startRetake(workspace.path, words, { OPENAI_API_KEY: key }).ended;
		const recorded = await run("run", "--record-http", "--upstream", `openai=${model.url}`, "--", "node", "agent.mjs");
		expect(recorded.exitCode, recorded.stderr).toBe(0);
		const { runs } = JSON.parse((await run("runs", "--json")).stdout);
		const parent = runs[0].runId as string;
		expect(model.getRequests()).toHaveLength(3);

		// From the second answer on the model says something else.
		model.clearFixtures();
		model.onMessage("count", { content: "never asked" });
		model.onMessage(/second/, { content: "another answer" });
		model.onMessage(/third/, { content: "another still" });
		const forked = await run("replay", parent, "--fork-at", "/0/1#1", "--json");
		expect(forked.exitCode, forked.stdout + forked.stderr).toBe(0);
		const child = JSON.parse(forked.stdout);
		expect(child).toMatchObject({
			parentRunId: parent,
			served: 1,
			executed: 3,
			outcome: "kept",
			changedPaths: ["answer.txt"],
		});
		expect(model.getRequests()).toHaveLength(5);
		const patch = await run("changes", child.runId, "--patch");
		expect(patch.stdout).toContain("+one two three\n+another answer\n+another still\n");

		// The child is a run like any other: whole, without the model and without its parent.
		await model.stop();
		const verified = await run("replay", child.runId, "--verify");
		expect(verified.stdout).toContain("its HTTP: 3 of 3 exchanges served from the record, none sent");
		expect(verified.exitCode, verified.stdout).toBe(0);
		const compared = await run("diff", parent, child.runId);
		expect(compared.stdout).toContain("first divergence at call");
		expect((await run("replay", parent, "--fork-at", "/0/1#9")).exitCode).toBe(2);
	});
});
