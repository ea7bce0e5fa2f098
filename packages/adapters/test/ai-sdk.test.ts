import { createOpenAI } from "@ai-sdk/openai";
import { recordingMiddleware, retakeTools, sandboxOf } from "@retake/adapters/ai-sdk";
import type { AgentSession } from "@retake/runtime";
import { generateText, isStepCount, streamText, tool, wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { endless, recordAndReplay, twoFailures, twoToolsAtOnce } from "./record-and-replay.ts";

const modelOf = (session: AgentSession, baseURL: string) =>
	wrapLanguageModel({
		model: createOpenAI({ baseURL, apiKey: "none" }).chat("scripted"),
		middleware: recordingMiddleware(session),
	});
const prompt = "make it loud";
const stopWhen = isStepCount(5);

test("an agent with the session's tools is recorded, and replayed without its model", async () => {
	const { outcome, server, changed } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const { text, steps } = await generateText({
			model: modelOf(session, url),
			prompt,
			stopWhen,
			tools: retakeTools(session),
		});
		return { text, results: steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => output)) };
	});
	expect(outcome.text).toMatch(/^all is done \d+$/);
	expect(outcome.results).toMatchObject([{ content: "hello\n" }, { exitCode: 0, stdout: "HELLO\n" }]);
	expect(changed).toEqual(["LOUD.txt"]);
	expect(server.told).toHaveLength(2);
});

test("a stream comes part by part, in a replay as it did", async () => {
	const { outcome } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const { fullStream } = streamText({ model: modelOf(session, url), prompt, stopWhen, tools: retakeTools(session) });
		const parts: string[] = [];
		for await (const part of fullStream) parts.push(part.type === "text-delta" ? part.text : part.type);
		return parts;
	});
	expect(outcome.slice(outcome.indexOf("all "))).toEqual(expect.arrayContaining(["all ", "is ", "done "]));
	expect(outcome.filter((part) => part === "tool-result")).toHaveLength(2);
});

test("a tool that throws is told to the model, and throws again in a replay", async () => {
	let ran = 0;
	const { outcome, server } = await recordAndReplay(twoFailures, async (session, url) => {
		const own = session.wrapTools({
			explode: tool({
				inputSchema: z.object({ why: z.string() }),
				execute: async ({ why }): Promise<string> => {
					ran++;
					throw new RangeError(`boom: ${why}`);
				},
			}),
		});
		const tools = { ...own, ...retakeTools(session, { only: ["read_file"] }) };
		const { steps } = await generateText({ model: modelOf(session, url), prompt, stopWhen, tools });
		return steps[0]?.content.flatMap((part) => (part.type === "tool-error" ? [String(part.error)] : []));
	});
	expect(outcome).toEqual(["RangeError: boom: test"]);
	expect(server.told.toSorted()).toEqual([
		expect.stringContaining("boom: test"),
		expect.stringContaining("FILE_NOT_FOUND"),
	]);
	expect(ran).toBe(1);
});

test("an aborted stream ends in a replay where it ended", async () => {
	const { outcome } = await recordAndReplay(endless, async (session, url) => {
		const stop = new AbortController();
		const { fullStream } = streamText({ model: modelOf(session, url), prompt, abortSignal: stop.signal });
		const parts: string[] = [];
		for await (const part of fullStream) {
			parts.push(part.type === "text-delta" ? part.text : part.type);
			if (parts.includes("three ")) stop.abort();
		}
		return parts;
	});
	expect(outcome).toContain("three ");
	expect(outcome.at(-1)).toBe("abort");
});

test("the session is the AI SDK's sandbox", async () => {
	const { outcome } = await recordAndReplay([], async (session) => {
		const sandbox = sandboxOf(session);
		await sandbox.writeTextFile({ path: "deep/notes.txt", content: "one\ntwo\nthree\n" });
		await sandbox.writeFile({ path: "/workspace/raw.bin", content: new Blob([new Uint8Array([0, 255])]).stream() });
		const spawned = await sandbox.spawn({ command: "cat greeting.txt; echo err >&2; exit 3" });
		const output = await new Response(spawned.stdout).text();
		const endless = await sandbox.spawn({ command: "echo ready; sleep 60" });
		for await (const _ready of endless.stdout) break;
		await endless.kill();
		return {
			lines: await sandbox.readTextFile({ path: "deep/notes.txt", startLine: 2, endLine: 2 }),
			raw: await sandbox.readBinaryFile({ path: "raw.bin" }),
			absent: await sandbox.readTextFile({ path: "absent" }),
			stats: [
				await sandbox.stat({ path: "raw.bin" }),
				await sandbox.stat({ path: "deep" }),
				await sandbox.stat({ path: "no" }),
			],
			entries: await sandbox.listDirectory({ path: "/workspace" }),
			nothing: await sandbox.listDirectory({ path: "no" }),
			ran: await sandbox.run({ command: "pwd; echo $A", workingDirectory: "deep", env: { A: "b" } }),
			spawned: [output, await new Response(spawned.stderr).text(), await spawned.wait()],
			killed: await endless.wait(),
			deleted: [await sandbox.deleteFile({ path: "raw.bin" }), await sandbox.deleteFile({ path: "raw.bin" })],
			outside: await Promise.resolve(sandbox.readTextFile({ path: "/etc/passwd" })).catch(
				(error: { code: string }) => error.code,
			),
		};
	});
	expect(outcome).toEqual({
		lines: "two\n",
		raw: Buffer.from([0, 255]),
		absent: null,
		stats: [{ type: "file", size: 2 }, { type: "directory", size: 0 }, null],
		entries: [
			{ name: "deep", type: "directory" },
			{ name: "greeting.txt", type: "file" },
			{ name: "raw.bin", type: "file" },
		],
		nothing: null,
		ran: { exitCode: 0, stdout: "/workspace/deep\nb\n", stderr: "" },
		spawned: ["hello\n", "err\n", { exitCode: 3 }],
		killed: { exitCode: 137 },
		deleted: [true, false],
		outside: "PATH_REFUSED",
	});
});

test("a tool of the AI SDK works in the session by its sandbox", async () => {
	const script = [{ tools: [{ name: "count", input: {} }] }, { text: "counted" }];
	const { outcome } = await recordAndReplay(script, async (session, url) => {
		const count = tool({
			inputSchema: z.object({}),
			execute: async (_input, { experimental_sandbox: sandbox }) =>
				(await sandbox?.run({ command: "wc -c < greeting.txt" }))?.stdout,
		});
		const { steps } = await generateText({
			model: modelOf(session, url),
			prompt,
			stopWhen,
			tools: { count },
			experimental_sandbox: sandboxOf(session),
		});
		return steps[0]?.toolResults.map(({ output }) => output);
	});
	expect(outcome).toEqual(["6\n"]);
});
