import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";
import { recordedModel, retakeTools } from "@retake/adapters/openai-agents";
import type { AgentSession } from "@retake/runtime";
import { expect, test } from "vitest";
import { z } from "zod";
import { endless, recordAndReplay, twoFailures, twoToolsAtOnce } from "./record-and-replay.ts";

async function modelOf(session: AgentSession, baseURL: string) {
	const provider = new OpenAIProvider({ apiKey: "none", baseURL, useResponses: false });
	return recordedModel(session, "scripted", await provider.getModel("scripted"));
}

const runner = new Runner({ tracingDisabled: true });
const prompt = "make it loud";

test("an agent with the session's tools is recorded, and replayed without its model", async () => {
	const { outcome, server, changed } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const agent = new Agent({ name: "loud", model: await modelOf(session, url), tools: retakeTools(session) });
		const { finalOutput, newItems, state } = await runner.run(agent, prompt);
		return { finalOutput, items: newItems.map(({ type }) => type), usage: state.usage.totalTokens };
	});
	expect(outcome.finalOutput).toMatch(/^all is done \d+$/);
	expect(outcome.usage).toBe(6);
	expect(server.told.map((text) => JSON.parse(text))).toMatchObject([{ content: "hello\n" }, { stdout: "HELLO\n" }]);
	expect(changed).toEqual(["LOUD.txt"]);
});

test("a stream comes event by event, in a replay as it did", async () => {
	const { outcome } = await recordAndReplay(twoToolsAtOnce, async (session, url) => {
		const agent = new Agent({ name: "loud", model: await modelOf(session, url), tools: retakeTools(session) });
		const streamed = await runner.run(agent, prompt, { stream: true });
		const heard: string[] = [];
		for await (const event of streamed) {
			if (event.type === "raw_model_stream_event") {
				heard.push(event.data.type === "output_text_delta" ? event.data.delta : event.data.type);
			} else heard.push(event.type);
		}
		await streamed.completed;
		return heard;
	});
	expect(outcome).toEqual(expect.arrayContaining(["all ", "is ", "done "]));
	expect(outcome.filter((what) => what === "run_item_stream_event").length).toBeGreaterThan(3);
});

test("a tool that throws is told to the model, and throws again in a replay", async () => {
	let ran = 0;
	const { server } = await recordAndReplay(twoFailures, async (session, url) => {
		const { blow } = session.wrapTools({
			blow: async (why: string): Promise<string> => {
				ran++;
				throw new RangeError(`boom: ${why}`);
			},
		});
		const explode = tool({
			name: "explode",
			description: "explodes",
			parameters: z.object({ why: z.string() }),
			execute: ({ why }) => blow(why),
			errorFunction: (_context, error) => `${String(error)} ${error instanceof RangeError}`,
		});
		const tools = [explode, ...retakeTools(session, { only: ["read_file"] })];
		return (await runner.run(new Agent({ name: "loud", model: await modelOf(session, url), tools }), prompt))
			.finalOutput;
	});
	expect(server.told.toSorted()).toEqual(["RangeError: boom: test true", expect.stringContaining("FILE_NOT_FOUND")]);
	expect(ran).toBe(1);
});

test("an aborted stream ends in a replay where it ended", async () => {
	const { outcome } = await recordAndReplay(endless, async (session, url) => {
		const stop = new AbortController();
		const agent = new Agent({ name: "loud", model: await modelOf(session, url) });
		const streamed = await runner.run(agent, prompt, { stream: true, signal: stop.signal });
		const words: string[] = [];
		try {
			for await (const event of streamed) {
				if (event.type !== "raw_model_stream_event" || event.data.type !== "output_text_delta") continue;
				words.push(event.data.delta);
				if (event.data.delta === "three ") stop.abort();
			}
		} catch (error) {
			words.push(String(error));
		}
		return words;
	});
	expect(outcome.slice(0, 3)).toEqual(["one ", "two ", "three "]);
});
