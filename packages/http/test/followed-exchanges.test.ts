import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Tape } from "./tape.ts";

const asked: string[] = [];
const server = createServer((request, response) => {
	void text(request).then((body) => {
		asked.push(body);
		response.end(`answer to ${body}`);
	});
});
let upstream = "";

beforeAll(async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const ask = async (proxy: string, body: string) => {
	const response = await fetch(`${proxy}/model`, { method: "POST", body });
	return { status: response.status, text: await response.text() };
};
const options = () => ({ upstreams: [{ name: "model", base: upstream, credential: null }] });

/** Records what is asked one after another, and forgets that it was. */
async function recorded(tape: Tape, ...questions: string[]) {
	const made = await tape.record(options(), async (proxy) => {
		for (const question of questions) await ask(proxy, question);
	});
	asked.length = 0;
	return made.runId;
}

describe("a record that is followed", () => {
	test("what is asked at once may come in another order: what is new waits, and what is on record is not sent", async () => {
		await using tape = await Tape.open();
		const run = await recorded(tape, "one", "two");
		const { value, origin } = await tape.follow(run, "go-live", options(), (proxy) => {
			const late = sleep(100).then(() => ask(proxy, "two"));
			return Promise.all([ask(proxy, "new"), late, ask(proxy, "one")]);
		});
		expect(value.map((each) => each.text)).toEqual(["answer to new", "answer to two", "answer to one"]);
		expect(asked).toEqual(["new"]);
		// The run that it follows had its end.
		expect(origin).toMatchObject({ served: 2, executedAgain: [], divergence: { kind: "extra" } });
	});

	test("something else in place of what is on record stops it, and nothing is sent", async () => {
		await using tape = await Tape.open();
		const run = await recorded(tape, "one", "two");
		const { value, origin } = await tape.follow(run, "stop", options(), async (proxy) => [
			await ask(proxy, "one"),
			await ask(proxy, "other"),
			await ask(proxy, "two"),
		]);
		expect(value.map(({ status }) => status)).toEqual([200, 500, 500]);
		expect(JSON.parse(value[1]?.text ?? "")).toMatchObject({ error: { code: "DIVERGENCE" } });
		expect(asked).toEqual([]);
		expect(origin).toMatchObject({ served: 1, divergence: { kind: "input", address: { scope: "/0/1", sequence: 1 } } });
	});

	test("under go-live it is sent, and everything after it", async () => {
		await using tape = await Tape.open();
		const run = await recorded(tape, "one", "two");
		const { value } = await tape.follow(run, "go-live", options(), async (proxy) => [
			await ask(proxy, "one"),
			await ask(proxy, "other"),
			await ask(proxy, "two"),
		]);
		expect(value.map((each) => each.text)).toEqual(["answer to one", "answer to other", "answer to two"]);
		expect(asked).toEqual(["other", "two"]);
	});

	test("what is asked after all of a run that had its end, and what is left of it, are told", async () => {
		await using tape = await Tape.open();
		const run = await recorded(tape, "one", "two");
		const more = await tape.follow(run, "go-live", options(), async (proxy) => {
			for (const question of ["one", "two", "three"]) await ask(proxy, question);
		});
		expect(more.origin.divergence?.kind).toBe("extra");
		expect(asked).toEqual(["three"]);
		const less = await tape.follow(run, "go-live", options(), (proxy) => ask(proxy, "one"));
		expect(less.origin).toMatchObject({ served: 1, divergence: { kind: "unconsumed" } });
	});
});
