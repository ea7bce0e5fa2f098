import { type ChangesetId, sha256 } from "@retake/base";
import type { Store } from "@retake/store";
import { describe, expect, test } from "vitest";
import { addressKey, readTrace, startFork, startPlayback, type Tape } from "../../src/index.ts";
import { end, header, record, request, seededRandomness, steppingClock, temporaryStore } from "../fixture.ts";

const prompts = ["plan", "left", "left again", "right", "summary"];

/** An agent with parallel branches; `ran` gathers the calls that were executed, `answer` is what one returns. */
function agentOf(ran: string[], answer: string, changed: Readonly<Record<string, string>> = {}) {
	return async (tape: Tape): Promise<readonly string[]> => {
		const seen: string[] = [];
		const call = async (prompt: string) => {
			const sent = changed[prompt] ?? prompt;
			const execute = async ({ chunk }: { chunk: (stream: string, bytes: Uint8Array) => void }) => {
				ran.push(sent);
				chunk("text", Buffer.from(`${sent}:`));
				chunk("text", Buffer.from(answer));
				return `${sent} ${answer}`;
			};
			const onChunk = (_: string, bytes: Uint8Array) => void seen.push(Buffer.from(bytes).toString());
			const { value, durationMs } = await tape.call(request("model", sent, execute, { onChunk }));
			seen.push(`${JSON.stringify(value)} after ${durationMs} ms`);
		};
		await call("plan");
		tape.marker("savepoint", { depth: 1 });
		seen.push(`dice ${await tape.values.random("dice")}`);
		await tape.parallel([
			async () => {
				await call("left");
				await call("left again");
			},
			() => call("right"),
		]);
		await call("summary");
		return seen;
	};
}

function fork(store: Store, run: ReturnType<typeof record>["runId"], more: Partial<Parameters<typeof startFork>[0]>) {
	return startFork({
		store,
		clock: steppingClock(),
		// Ids are drawn from it: no two runs of a store may draw alike.
		randomness: seededRandomness(2 + store.runs.list().length),
		header,
		run,
		at: { kind: "all" },
		onDivergence: "stop",
		onServedChange: () => {},
		stallTimeoutMs: 200,
		...more,
	});
}

async function playsBack(
	store: Store,
	runId: ReturnType<typeof record>["runId"],
	agent: (tape: Tape) => Promise<unknown>,
) {
	const playback = startPlayback({ store, run: runId, policy: "strict" });
	const seen = await agent(playback);
	const report = await playback.finish();
	expect(report.divergences).toEqual([]);
	expect(report.rootHash.recomputed).toBe(report.rootHash.recorded);
	return seen;
}

describe("a fork of a recorded run", () => {
	test("at every call is served so far, goes live from there, and plays back without its parent", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const parent = record(store);
		const live = await agentOf([], "one")(parent);
		await parent.finish(end);
		const before = readTrace(store, parent.runId);
		for (let count = 0; count <= before.calls.length; count++) {
			const at = before.calls[count]?.address;
			const point = at === undefined ? ({ kind: "calls", count } as const) : ({ kind: "before", address: at } as const);
			const ran: string[] = [];
			const child = fork(store, parent.runId, { at: point });
			const seen = await agentOf(ran, "two")(child);
			expect(child.origin, `fork at ${count}`).toMatchObject({
				served: count,
				executed: before.calls.length - count,
				executedAgain: [],
				divergence: null,
			});
			await child.finish(end);
			const liveCalls = before.calls.slice(count).filter(({ identity }) => identity.kind === "tool");
			expect(ran.toSorted()).toEqual(liveCalls.map(({ input }) => input as string).toSorted());
			if (count === before.calls.length) expect(seen).toEqual(live);
			const trace = readTrace(store, child.runId);
			expect(trace.header.parentRunId).toBe(parent.runId);
			expect(trace.calls.length).toBe(before.calls.length);
			expect(await playsBack(store, child.runId, agentOf([], "never"))).toEqual(seen);
		}
		expect(readTrace(store, parent.runId)).toEqual(before);
	});

	test("needs its parent no more: the parent is removed and the rest collected", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const large = "x".repeat(200_000);
		const parent = record(store);
		const agent = (answer: string) => async (tape: Tape) => {
			await tape.call(request("model", "large", async () => large));
			await tape.call(request("model", "small", async () => answer));
		};
		await agent("one")(parent);
		await parent.finish(end);
		const child = fork(store, parent.runId, { at: { kind: "calls", count: 1 } });
		await agent("two")(child);
		await child.finish(end);
		store.runs.remove(parent.runId);
		store.collectGarbage({ dryRun: false, graceMs: 0 });
		await playsBack(store, child.runId, agent("never"));
	});

	test("goes live at a planted divergence in a branch, and says which", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const parent = record(store);
		await agentOf([], "one")(parent);
		await parent.finish(end);
		for (const prompt of prompts) {
			const ran: string[] = [];
			const changed = { [prompt]: `${prompt}, but otherwise` };
			const child = fork(store, parent.runId, { onDivergence: "go-live" });
			const seen = await agentOf(ran, "two", changed)(child);
			expect(child.origin.divergence, prompt).toMatchObject({ kind: "input" });
			expect(ran, prompt).toContain(`${prompt}, but otherwise`);
			await child.finish(end);
			expect(await playsBack(store, child.runId, agentOf([], "never", changed))).toEqual(seen);
		}
	});

	test("stops at a divergence where it is not asked to go on, and executes nothing", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const parent = record(store);
		await agentOf([], "one")(parent);
		await parent.finish(end);
		const ran: string[] = [];
		const child = fork(store, parent.runId, { at: { kind: "calls", count: 4 } });
		const failure = await agentOf(ran, "two", { plan: "another" })(child).catch((error: unknown) => error);
		expect(failure).toMatchObject({ code: "DIVERGENCE", data: { kind: "input" } });
		expect(ran).toEqual([]);
	});

	test("refuses a call that the run does not have, and leaves no run behind", () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const parent = record(store);
		expect(() => fork(store, parent.runId, { at: { kind: "calls", count: 1 } })).toThrow(/has 0 calls/);
		const address = { scope: "/3/1", sequence: 7 };
		expect(() => fork(store, parent.runId, { at: { kind: "before", address } })).toThrow(addressKey(address));
		expect(store.runs.list().length).toBe(1);
	});
});

describe("a run that was cut off", () => {
	test("goes on where it stopped: what ended is served, what was under way is executed again and named", async () => {
		using fixture = temporaryStore();
		const { store } = fixture;
		const cut = record(store);
		const agent = (ran: string[], stuck: boolean) => async (tape: Tape) => {
			const seen: unknown[] = [];
			const first = await tape.call(request("exec", "first", async () => ran.push("first")));
			seen.push(first.value);
			const execute = async ({ chunk }: { chunk: (stream: string, bytes: Uint8Array) => void }) => {
				ran.push("second");
				chunk("stdout", Buffer.from("half "));
				if (stuck) await new Promise(() => {});
				chunk("stdout", Buffer.from("whole"));
				return "done";
			};
			const onChunk = (_: string, bytes: Uint8Array) => void seen.push(Buffer.from(bytes).toString());
			seen.push((await tape.call(request("exec", "second", execute, { onChunk }))).value);
			return seen;
		};
		void agent([], true)(cut);
		await expect.poll(() => store.events.count(cut.runId)).toBe(4);
		const ran: string[] = [];
		const child = fork(store, cut.runId, {});
		expect(await agent(ran, false)(child)).toEqual([1, "half ", "whole", "done"]);
		expect(ran).toEqual(["second"]);
		expect(child.origin).toMatchObject({ served: 1, executedAgain: [{ scope: "/", sequence: 1 }], divergence: null });
		await child.finish(end);
		expect(store.runs.get(cut.runId).state).toBe("open");
		expect(await playsBack(store, child.runId, agent([], true))).toEqual([1, "half ", "whole", "done"]);
	});
});

test("tells what each served call changed before the program gets its result", async () => {
	using fixture = temporaryStore();
	const { store } = fixture;
	const ids = ["a", "b"].map((name) => sha256(Buffer.from(name)) as ChangesetId);
	const agent = async (tape: Tape, note: (text: string) => void) => {
		for (const changesetId of ids) {
			const execute = async () => ({ value: null, changesetId });
			await tape.call({ ...request("exec", changesetId), execute });
			note(`program ${changesetId}`);
		}
	};
	const parent = record(store);
	await agent(parent, () => {});
	await parent.finish(end);
	const notes: string[] = [];
	const child = fork(store, parent.runId, { onServedChange: ({ changesetId: id }) => notes.push(`change ${id}`) });
	await agent(child, (text) => notes.push(text));
	expect(notes).toEqual(ids.flatMap((id) => [`change ${id}`, `program ${id}`]));
});
