import { describe, expect, test } from "vitest";
import { branchLanes } from "../src/trace/branch-lanes.ts";
import { previewLimits, previewLines } from "../src/trace/value-preview.ts";

describe("what of a value is shown", () => {
	test("a short text is shown whole, a long one by its beginning and its end, with what is left out and how to get it", () => {
		expect(previewLines("one\ntwo\n", "stdout")).toEqual(["one", "two"]);
		const long = previewLines(Array.from({ length: 5_000 }, (_, line) => `line ${line}`).join("\n"), "stdout");
		expect(long).toHaveLength(previewLimits.lines + 1);
		expect(long[0]).toBe("line 0");
		expect(long.at(-1)).toBe("line 4999");
		expect(long[100]).toBe("… 4800 lines of 47.7 KiB left out: --raw stdout has all");
	});

	test("of a text of many megabytes only the ends are looked at", () => {
		const startedAt = performance.now();
		const lines = previewLines(Buffer.alloc(64 * 1024 ** 2, "a line\n"), "stdout");
		expect(lines.length).toBeLessThanOrEqual(previewLimits.lines + 1);
		expect(lines.join("\n")).toContain("the middle of 64.0 MiB left out");
		expect(previewLines("x".repeat(1e6), "stdout").join("").length).toBeLessThan(10_000);
		// Escaping all of it takes many times that.
		expect(performance.now() - startedAt).toBeLessThan(5_000);
	});

	test("what is no text is told by its size and first bytes, and never written as it is", () => {
		const lines = previewLines(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0x1b, 0x5b, 0x32, 0x4a]), "content");
		expect(lines).toEqual([
			"(11 bytes that are no text: --raw content has all)",
			"00000000  7f 45 4c 46 00 01 02 1b 5b 32 4a                 .ELF....[2J",
		]);
		const broken = Buffer.from(Array.from({ length: 300 }, (_, index) => 0x80 + (index % 0x40)));
		expect(previewLines(broken, "x")[0]).toContain("no text");
		// A character that is cut by what is looked at first does not make a text binary.
		expect(previewLines(Buffer.from("ä".repeat(5_000)), "x")[0]).toMatch(/^ä+/);
	});
});

/** Calls by scope, with when each was issued and ended. */
function lanesOf(...calls: readonly (readonly [scope: string, issued: number, settled: number | null])[]): string[] {
	const places = calls.map(([scope, issuedSequence, settledSequence]) => {
		return { address: { scope, sequence: 0 }, issuedSequence, settledSequence };
	});
	return [...branchLanes(places)];
}

test("parallel branches are drawn from their first call to the end of their last, each in a column, which is used again", () => {
	expect(
		lanesOf(
			["/", 0, 1],
			["/0/0", 2, 4],
			["/0/1", 3, 5],
			["/0/0", 6, 9],
			// The first branch goes on, the second has ended: its column is free.
			["/0/2", 7, 8],
			["/", 10, 11],
			["/1/0", 12, null],
			["/1/1", 13, 14],
		),
	).toEqual(["", "●", "│●", "●", "│●", "", "●", "│●"]);
	expect(lanesOf(["/", 0, 1])).toEqual([""]);
});
