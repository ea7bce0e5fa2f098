import { ChatOpenAI } from "@langchain/openai";
import { recordedChatModel, retakeTools } from "@retake/adapters/langchain";
import type { AgentSession } from "@retake/runtime";
import { createAgent, tool } from "langchain";
import { expect, test } from "vitest";
import { z } from "zod";
import { endless, recordAndReplay, twoFailures, twoToolsAtOnce } from "./record-and-replay.ts";

const modelOf = (session: AgentSession, baseURL: string) =>
	recordedChatModel(
		session,
		"scripted",
		new ChatOpenAI({ model: "scripted", apiKey: "none", maxRetries: 0, configuration: { baseURL } }),
	);
const input = { messages: [{ role: "user" as const, content: "make it loud" }] };

test("an agent with the session's tools is recorded, and replayed without its model", async () => {
	const { outcome, server, changed } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const agent = createAgent({ model: modelOf(session, url), tools: retakeTools(session) });
		const { messages } = await agent.invoke(input);
		return messages.map((message) => [message.getType(), message.text]);
	});
	expect(outcome.at(-1)).toEqual(["ai", expect.stringMatching(/^all is done \d+$/)]);
	expect(server.told.map((text) => JSON.parse(text))).toMatchObject([{ content: "hello\n" }, { stdout: "HELLO\n" }]);
	expect(changed).toEqual(["LOUD.txt"]);
});

test("a stream comes chunk by chunk, in a replay as it did", async () => {
	const { outcome } = await recordAndReplay([{ text: "all is done" }], async (session, url) => {
		const words: string[] = [];
		for await (const chunk of await modelOf(session, url).stream("make it loud")) words.push(chunk.text);
		return words;
	});
	expect(outcome).toEqual(expect.arrayContaining(["all ", "is ", "done "]));
});

test("an agent whose model streams is replayed with its tokens", async () => {
	const { outcome } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const agent = createAgent({ model: modelOf(session, url), tools: retakeTools(session) });
		const words: string[] = [];
		for await (const [message] of await agent.stream(input, { streamMode: "messages" })) words.push(message.text);
		return words;
	});
	expect(outcome).toEqual(expect.arrayContaining(["all ", "is ", "done "]));
});

test("a tool that throws throws again in a replay", async () => {
	let ran = 0;
	const { outcome, server } = await recordAndReplay(twoFailures, async (session, url) => {
		const { blow } = session.wrapTools({
			blow: async (why: string): Promise<string> => {
				ran++;
				throw new RangeError(`boom: ${why}`);
			},
		});
		const explode = tool(
			async ({ why }) => {
				try {
					return await blow(why);
				} catch (error) {
					return `${String(error)} ${error instanceof RangeError}`;
				}
			},
			{ name: "explode", description: "explodes", schema: z.object({ why: z.string() }) },
		);
		const agent = createAgent({
			model: modelOf(session, url),
			tools: [explode, ...retakeTools(session, { only: ["read_file"] })],
		});
		return (await agent.invoke(input)).messages.at(-1)?.text;
	});
	expect(outcome).toMatch(/^so be it/);
	expect(server.told.toSorted()).toEqual(["RangeError: boom: test true", expect.stringContaining("FILE_NOT_FOUND")]);
	expect(ran).toBe(1);
});

test("an aborted stream ends in a replay where it ended", async () => {
	const { outcome } = await recordAndReplay(endless, async (session, url) => {
		const stop = new AbortController();
		const words: string[] = [];
		try {
			for await (const chunk of await modelOf(session, url).stream("x", { signal: stop.signal })) {
				words.push(chunk.text);
				if (chunk.text === "three ") stop.abort();
			}
		} catch {
			words.push("aborted");
		}
		return words;
	});
	expect(outcome).toContain("three ");
	expect(outcome.at(-1)).toBe("aborted");
});
