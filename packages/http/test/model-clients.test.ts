import Anthropic from "@anthropic-ai/sdk";
import { LLMock } from "@copilotkit/aimock";
import OpenAI from "openai";
import { expect, test } from "vitest";
import type { Upstream } from "../src/index.ts";
import { Tape } from "./tape.ts";

/** A model behind both APIs, and how the proxy reaches it. */
async function startModel() {
	const model = new LLMock({ port: 0, chunkSize: 5 });
	model.onMessage("count", { content: "one two three four five six seven" });
	model.onMessage("weather", { toolCalls: [{ name: "get_weather", arguments: '{"city":"Paris"}' }] });
	model.onMessage("refuse", { error: { message: "too many of them", type: "rate_limit_error" }, status: 429 });
	await model.start();
	const upstreams: Upstream[] = ["openai", "anthropic"].map((name) => ({ name, base: model.url, credential: null }));
	return { model, upstreams, [Symbol.asyncDispose]: () => model.stop() };
}

const tool = { name: "get_weather", description: "tells the weather", parameters: { type: "object", properties: {} } };

/** Everything that a program may want of the OpenAI API: a stream, a tool, an error after retries, two equal calls at once. */
async function askOpenAi(url: string) {
	const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: "sk-of-the-process", maxRetries: 1 });
	const model = "gpt-4o";
	const ask = (content: string) => ({ model, messages: [{ role: "user" as const, content }] });
	const pieces: string[] = [];
	const stream = await client.chat.completions.create({ ...ask("count"), stream: true });
	for await (const event of stream) pieces.push(event.choices[0]?.delta.content ?? "");
	const called = await client.chat.completions.create({
		...ask("weather"),
		tools: [{ type: "function", function: tool }],
	});
	const twins = await Promise.all([
		client.chat.completions.create(ask("count")),
		client.chat.completions.create(ask("count")),
	]);
	const refused = await client.chat.completions
		.create(ask("refuse"))
		.catch((error: InstanceType<typeof OpenAI.APIError>) => ({
			status: error.status,
			message: error.message,
		}));
	const response = await client.responses.create({ model, input: "count" });
	return { pieces, called, twins, refused, response: response.output_text };
}

async function askAnthropic(url: string) {
	const client = new Anthropic({ baseURL: `${url}/anthropic`, apiKey: "sk-ant-of-the-process", maxRetries: 1 });
	const ask = (content: string) => ({
		model: "claude-test",
		max_tokens: 100,
		messages: [{ role: "user" as const, content }],
	});
	const events: string[] = [];
	for await (const event of client.messages.stream(ask("count"))) events.push(JSON.stringify(event));
	const called = await client.messages.create({
		...ask("weather"),
		tools: [{ name: tool.name, input_schema: { type: "object" } }],
	});
	const refused = await client.messages
		.create(ask("refuse"))
		.catch((error: InstanceType<typeof Anthropic.APIError>) => ({
			status: error.status,
			message: error.message,
		}));
	return { events, called: called.content, refused };
}

test.each<readonly [name: string, ask: (url: string) => Promise<unknown>, count: number]>([
	["openai", askOpenAi, 7],
	["@anthropic-ai/sdk", askAnthropic, 4],
])("what the client %s does is recorded, and served from the record without the model", async (_name, ask, count) => {
	await using tape = await Tape.open();
	await using upstream = await startModel();
	const { upstreams, model } = upstream;
	const recorded = await tape.record({ upstreams }, ask);
	expect(recorded.trace.calls.map(({ identity }) => identity.tool)).toEqual(Array(count).fill("http"));
	expect(model.getRequests()).toHaveLength(count);
	expect(JSON.stringify(recorded.value)).toContain("Paris");

	const served = await tape.serve(recorded, { upstreams }, ask);
	expect(served.value).toEqual(recorded.value);
	expect(served.report).toMatchObject({ recorded: count, served: count, missed: [], unconsumed: [] });
	expect(model.getRequests()).toHaveLength(count);
});

test("a changed prompt is not answered by likeness, and goes nowhere", async () => {
	await using tape = await Tape.open();
	await using upstream = await startModel();
	const { upstreams, model } = upstream;
	const ask = (content: string) => async (url: string) => {
		const client = new OpenAI({ baseURL: `${url}/openai/v1`, apiKey: "none" });
		const asked = client.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content }] });
		return asked.catch((error: InstanceType<typeof OpenAI.APIError>) => error.message);
	};
	const recorded = await tape.record({ upstreams }, ask("count"));
	const { value, report } = await tape.serve(recorded, { upstreams }, ask("count to three"));
	expect(value).toMatch(/500 .*not on record; nearest is call/);
	expect(report.missed).toHaveLength(1);
	expect(report.missed[0]?.nearest?.difference).toMatchObject([{ pointer: "/body/json/messages/0/content" }]);
	expect(report.unconsumed).toHaveLength(1);
	// The client does not ask a record again what it does not have.
	expect(model.getRequests()).toHaveLength(1);
});
