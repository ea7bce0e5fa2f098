import { createOpenAI } from "@ai-sdk/openai";
import { Agent } from "@mastra/core/agent";
import { createTool } from "@mastra/core/tools";
import { recordingMiddleware, retakeTools } from "@retake/adapters/mastra";
import type { AgentSession } from "@retake/runtime";
import { wrapLanguageModel } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { endless, recordAndReplay, twoFailures, twoToolsAtOnce } from "./record-and-replay.ts";

const agentOf = (session: AgentSession, baseURL: string, tools: Record<string, ReturnType<typeof createTool>>) =>
	new Agent({
		id: "loud",
		name: "loud",
		instructions: "Make it loud.",
		model: wrapLanguageModel({
			model: createOpenAI({ baseURL, apiKey: "none" }).chat("scripted"),
			middleware: recordingMiddleware(session),
			// Mastra's type of this generation of models wants streams from doGenerate too, which no provider returns.
		}) as never,
		tools,
	});
const toolsOf = (session: AgentSession) => retakeTools(session, (description) => createTool(description as never));
const prompt = "make it loud";

test("an agent with the session's tools is recorded, and replayed without its model", async () => {
	const { outcome, server, changed } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const { text } = await agentOf(session, url, toolsOf(session)).generate(prompt);
		return text;
	});
	expect(outcome).toMatch(/^all is done \d+$/);
	expect(server.told.map((text) => JSON.parse(text))).toMatchObject([{ content: "hello\n" }, { stdout: "HELLO\n" }]);
	expect(changed).toEqual(["LOUD.txt"]);
});

test("a stream comes part by part, in a replay as it did", async () => {
	const { outcome } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const { textStream } = await agentOf(session, url, toolsOf(session)).stream(prompt);
		const words: string[] = [];
		for await (const word of textStream) words.push(word);
		return words;
	});
	expect(outcome.slice(0, 3)).toEqual(["all ", "is ", "done "]);
});

test("a tool that throws is told to the model, and throws again in a replay", async () => {
	let ran = 0;
	const { server } = await recordAndReplay(twoFailures, async (session, url) => {
		const explode = createTool({
			id: "explode",
			description: "explodes",
			inputSchema: z.object({ why: z.string() }),
			execute: async ({ why }): Promise<string> => {
				ran++;
				throw new RangeError(`boom: ${why}`);
			},
		});
		const tools = { ...session.wrapTools({ explode }), ...toolsOf(session) };
		return (await agentOf(session, url, tools as never).generate(prompt)).text;
	});
	expect(server.told.toSorted().join("\n")).toContain("boom: test");
	expect(server.told.join("\n")).toContain("FILE_NOT_FOUND");
	expect(ran).toBe(1);
});

test("an aborted stream ends in a replay where it ended", async () => {
	const { outcome } = await recordAndReplay(endless, async (session, url) => {
		const stop = new AbortController();
		const { textStream } = await agentOf(session, url, {}).stream(prompt, { abortSignal: stop.signal });
		const words: string[] = [];
		try {
			for await (const word of textStream) {
				words.push(word);
				if (word === "three ") stop.abort();
			}
		} catch (error) {
			words.push(String(error));
		}
		return words;
	});
	expect(outcome.slice(0, 3)).toEqual(["one ", "two ", "three "]);
});
