import type { BlobId, ChangesetId } from "@retake/base";
import type { Change, Changeset, TreePath } from "@retake/changeset";
import { diffTraces, explainRow, type PairedRow } from "@retake/recorder";
import { expect, test } from "vitest";
import { type SampleCall, sampleTrace } from "./sample-trace.ts";

const noChangesets = (): Changeset => {
	throw new Error("no changeset should be read");
};

function pairOf(a: SampleCall, b: SampleCall): PairedRow {
	const [row] = diffTraces(sampleTrace([a]), sampleTrace([b])).rows;
	if (row === undefined || row.a === null || row.b === null) throw new Error("the calls do not pair");
	return row;
}

test("values that differ are named by pointer, texts are shown by line", () => {
	const call = (exitCode: number, stdout: string): SampleCall => ({ input: "npm test", result: { exitCode, stdout } });
	const row = pairOf(call(0, "one\ntwo\nthree\n"), call(1, "one\n2\nthree\n"));
	const explanation = explainRow(row, { readChangeset: noChangesets });
	expect(explanation.differences.map((difference) => difference.pointer)).toEqual([
		"/result/exitCode",
		"/result/stdout",
	]);
	expect(explanation.texts).toEqual([
		{
			pointer: "/result/stdout",
			hunks: [
				{
					wasLine: 1,
					nowLine: 1,
					lines: [
						{ kind: "context", text: "one" },
						{ kind: "removed", text: "two" },
						{ kind: "added", text: "2" },
						{ kind: "context", text: "three" },
					],
				},
			],
		},
	]);
	expect(explanation.files).toEqual([]);
});

test("an output of one run alone is all added; bytes that are no text are not shown by line", () => {
	const chunk = (bytes: Uint8Array): SampleCall => ({ input: "x", chunks: [{ stream: "stdout", bytes }] });
	const printed = explainRow(pairOf({ input: "x" }, chunk(Buffer.from("hello\nyou\n"))), {
		readChangeset: noChangesets,
	});
	expect(printed.texts[0]?.pointer).toBe("/output/stdout");
	expect(printed.texts[0]?.hunks[0]?.lines.map((line) => line.kind)).toEqual(["added", "added"]);
	const binary = explainRow(pairOf({ input: "x" }, chunk(Buffer.from("a\0\n"))), { readChangeset: noChangesets });
	expect(binary.differences).toHaveLength(1);
	expect(binary.texts).toEqual([]);
});

test("what a command wrote is shown once, and twice where its result says something else", () => {
	const call = (text: string, result: string): SampleCall => ({
		input: "x",
		result: { stdout: result },
		chunks: [{ stream: "stdout", bytes: Buffer.from(text) }],
	});
	const pointersOf = (a: SampleCall, b: SampleCall): string[] =>
		explainRow(pairOf(a, b), { readChangeset: noChangesets }).differences.map(({ pointer }) => pointer);
	expect(pointersOf(call("a\n", "a\n"), call("b\n", "b\n"))).toEqual(["/result/stdout"]);
	expect(pointersOf(call("a\n", "a\n"), call("b\n", "cut"))).toEqual(["/output/stdout", "/result/stdout"]);
});

test("what an ignore rule hides is counted and not shown", () => {
	const call = (pid: number): SampleCall => ({ input: "x", result: { pid, ok: pid === 1 } });
	const ignore = [{ tool: "exec", pointer: "/result/pid" }];
	const explanation = explainRow(pairOf(call(1), call(2)), { ignore, readChangeset: noChangesets });
	expect(explanation.differences.map((difference) => difference.pointer)).toEqual(["/result/ok"]);
	expect(explanation.hiddenDifferences).toBe(1);
});

test("files that both calls changed alike are left out", () => {
	const change = (path: string, digit: string): Change => ({
		path: path as TreePath,
		was: null,
		now: { kind: "file", mode: 0o644, size: 1, content: digit.repeat(64) as BlobId },
	});
	const first = "a".repeat(64) as ChangesetId;
	const second = "b".repeat(64) as ChangesetId;
	const changesets = new Map<ChangesetId, Changeset>([
		[first, { kind: "changeset", changes: [change("both", "1"), change("left", "2"), change("same", "3")] }],
		[second, { kind: "changeset", changes: [change("both", "4"), change("right", "5"), change("same", "3")] }],
	]);
	const readChangeset = (id: ChangesetId): Changeset => changesets.get(id) ?? noChangesets();
	const row = pairOf({ input: "x", changesetId: first }, { input: "x", changesetId: second });
	const { files } = explainRow(row, { readChangeset });
	expect(files.map(({ path, a, b }) => [path, a !== null, b !== null])).toEqual([
		["both", true, true],
		["left", true, false],
		["right", false, true],
	]);
});
