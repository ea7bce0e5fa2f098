import { diffTraces, noFailureDetails, type TraceDiff } from "@retake/recorder";
import { describe, expect, test } from "vitest";
import { type SampleCall, sampleTrace } from "./sample-trace.ts";

const run = (command: string, result = "ok"): SampleCall => ({ input: { command }, result });
const write = (path: string, content: string): SampleCall => ({ tool: "write_file", input: { path, content } });
const kinds = (diff: TraceDiff): string[] => diff.rows.map((row) => row.kind);

const story = [run("npm ci"), write("a.ts", "export const a = 1;"), run("npm test"), run("git status")];

test("two equal runs have only same rows and no divergence", () => {
	const diff = diffTraces(sampleTrace(story), sampleTrace(story));
	expect(kinds(diff)).toEqual(["same", "same", "same", "same"]);
	expect(diff.firstDivergence).toBeNull();
});

test("another result of the same call is the environment's doing", () => {
	const other = story.with(2, run("npm test", "1 failed"));
	const diff = diffTraces(sampleTrace(story), sampleTrace(other));
	expect(kinds(diff)).toEqual(["same", "same", "result-changed", "same"]);
	expect(diff.firstDivergence).toEqual({
		cause: "environment",
		kind: "result-changed",
		row: 2,
		address: { scope: "/", sequence: 2 },
	});
});

test("another input is the agent's doing, and pairs with the call that it is like", () => {
	const other = story.with(1, write("a.ts", "export const a = 2;"));
	const diff = diffTraces(sampleTrace(story), sampleTrace(other));
	expect(kinds(diff)).toEqual(["same", "input-changed", "same", "same"]);
	expect(diff.firstDivergence).toMatchObject({ cause: "agent", row: 1, address: { scope: "/", sequence: 1 } });
});

test("a call unlike any other is deleted on one side and inserted on the other", () => {
	const other = story.with(2, run("cargo build --release"));
	expect(diffTraces(sampleTrace(story), sampleTrace(other)).counts).toEqual({
		same: 3,
		resultChanged: 0,
		inputChanged: 0,
		moved: 0,
		inserted: 1,
		deleted: 1,
	});
});

test("calls of different tools never pair, however alike their inputs", () => {
	const a = sampleTrace([{ tool: "read_file", input: { path: "a" } }]);
	const b = sampleTrace([{ tool: "delete_file", input: { path: "a" } }]);
	expect(kinds(diffTraces(a, b))).toEqual(["deleted", "inserted"]);
});

test("a call made earlier is moved, and stands where the first run or the second comes to it first", () => {
	const [first, second, third, fourth] = story as [SampleCall, SampleCall, SampleCall, SampleCall];
	const diff = diffTraces(sampleTrace(story), sampleTrace([fourth, first, second, third]));
	expect(kinds(diff)).toEqual(["moved", "same", "same", "same"]);
	expect(diff.rows[0]?.a?.address.sequence).toBe(3);
	expect(diff.rows[0]?.b?.address.sequence).toBe(0);
});

test("a moved call with another result is moved, and the agent is the cause", () => {
	const a = sampleTrace([run("date", "1"), run("x"), run("y")]);
	const b = sampleTrace([run("x"), run("y"), run("date", "2")]);
	expect(diffTraces(a, b).firstDivergence).toMatchObject({ cause: "agent", kind: "moved" });
});

test("repeated equal calls pair in order; the one too many is inserted", () => {
	const poll = (result: string): SampleCall => run("curl status", result);
	const a = sampleTrace([poll("1"), poll("2")]);
	const b = sampleTrace([poll("1"), poll("2"), poll("3")]);
	expect(kinds(diffTraces(a, b))).toEqual(["same", "same", "inserted"]);
});

test("how a call ended, what it printed and what it changed are parts of its result", () => {
	const base: SampleCall = { input: { command: "x" }, result: "ok" };
	const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
	const failure = {
		name: "E",
		code: "TOOL_FAILED",
		sort: "operation",
		message: "no",
		remedy: null,
		data: null,
		...noFailureDetails,
	} as const;
	const variants: SampleCall[] = [
		{ ...base, outcome: { kind: "cancelled" } },
		{ ...base, outcome: { kind: "in-flight" } },
		{ ...base, outcome: { kind: "error", error: failure } },
		{ ...base, chunks: [{ stream: "stdout", bytes: bytes("hi") }] },
		{ ...base, changesetId: "1".repeat(64) as NonNullable<SampleCall["changesetId"]> },
	];
	for (const variant of variants) {
		expect(kinds(diffTraces(sampleTrace([base]), sampleTrace([variant])))).toEqual(["result-changed"]);
		expect(kinds(diffTraces(sampleTrace([variant]), sampleTrace([variant])))).toEqual(["same"]);
	}
});

test("where output was cut into chunks does not count", () => {
	const chunk = (text: string) => ({ stream: "stdout", bytes: new TextEncoder().encode(text) });
	const a = sampleTrace([{ input: "x", chunks: [chunk("one "), chunk("two")] }]);
	const b = sampleTrace([{ input: "x", chunks: [chunk("one"), chunk(" two")] }]);
	expect(kinds(diffTraces(a, b))).toEqual(["same"]);
});

describe("ignore rules", () => {
	const timed = (pid: number, command = "x"): SampleCall => ({
		input: { command, environment: { PID: String(pid) } },
		result: { code: 0, usage: { pid, cpuMs: pid * 2 } },
	});
	const a = sampleTrace([timed(1), timed(1, "y")]);
	const b = sampleTrace([timed(2), timed(2, "y")]);

	test("without them, each call differs", () => {
		expect(diffTraces(a, b).counts).toMatchObject({ same: 0, inputChanged: 2 });
	});
	test("hide what they name, in inputs too, and count what they hid", () => {
		const ignore = [
			{ tool: "exec", pointer: "/input/environment/*" },
			{ tool: "*", pointer: "/**/usage" },
		];
		const diff = diffTraces(a, b, { ignore });
		expect(diff.counts.same).toBe(2);
		expect(diff.hiddenDifferences).toBe(6);
		expect(diff.firstDivergence).toBeNull();
	});
	test("hide nothing else", () => {
		const ignore = [
			{ tool: "exec", pointer: "/input/environment/PID" },
			{ tool: "exec", pointer: "/result/usage/pid" },
			{ tool: "read_file", pointer: "/result" },
		];
		const diff = diffTraces(a, b, { ignore });
		expect(diff.counts.resultChanged).toBe(2);
		expect(diff.hiddenDifferences).toBe(4);
	});
	test("a pointer that is none is refused with the fix", () => {
		const attempt = (): unknown => diffTraces(a, b, { ignore: [{ tool: "*", pointer: "result/pid" }] });
		expect(attempt).toThrow(expect.objectContaining({ code: "USAGE", remedy: expect.stringContaining("/result") }));
	});
});
