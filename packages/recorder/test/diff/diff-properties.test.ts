import { diffTraces, type TraceDiff } from "@retake/recorder";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type SampleCall, sampleTrace } from "./sample-trace.ts";

const sampleCalls = fc.array(
	fc.record({
		tool: fc.constantFrom("exec", "read_file"),
		input: fc.record({ path: fc.constantFrom("a", "b", "c d", "c e"), line: fc.nat({ max: 2 }) }),
		result: fc.nat({ max: 1 }),
	}),
	{ maxLength: 40 },
);

function callsOf(diff: TraceDiff, side: "a" | "b"): number[] {
	return diff.rows.flatMap((row) => row[side]?.address.sequence ?? []).toSorted((x, y) => x - y);
}

describe("of any two runs", () => {
	test("every call is in exactly one row, and the counts are those of the rows", () => {
		fc.assert(
			fc.property(sampleCalls, sampleCalls, (a, b) => {
				const diff = diffTraces(sampleTrace(a), sampleTrace(b));
				expect(callsOf(diff, "a")).toEqual(a.map((_, index) => index));
				expect(callsOf(diff, "b")).toEqual(b.map((_, index) => index));
				const { same, resultChanged, inputChanged, moved, inserted, deleted } = diff.counts;
				expect(same + resultChanged + inputChanged + moved + inserted + deleted).toBe(diff.rows.length);
			}),
		);
	});

	test("a run compared with itself is the same throughout", () => {
		fc.assert(
			fc.property(sampleCalls, (calls) => {
				const diff = diffTraces(sampleTrace(calls), sampleTrace(calls));
				expect(diff.counts.same).toBe(calls.length);
				expect(diff.rows).toHaveLength(calls.length);
			}),
		);
	});

	test("swapping the runs exchanges inserted and deleted, and nothing else", () => {
		fc.assert(
			fc.property(sampleCalls, sampleCalls, (a, b) => {
				const there = diffTraces(sampleTrace(a), sampleTrace(b));
				const back = diffTraces(sampleTrace(b), sampleTrace(a));
				expect(back.counts).toEqual({
					...there.counts,
					inserted: there.counts.deleted,
					deleted: there.counts.inserted,
				});
				expect(back.firstDivergence?.cause).toBe(there.firstDivergence?.cause);
			}),
		);
	});

	test("a row's class says what holds of its two calls", () => {
		fc.assert(
			fc.property(sampleCalls, sampleCalls, (a, b) => {
				for (const row of diffTraces(sampleTrace(a), sampleTrace(b)).rows) {
					if (row.a === null || row.b === null) continue;
					const equalInput = row.a.identity.inputHash === row.b.identity.inputHash;
					expect(row.a.identity.tool).toBe(row.b.identity.tool);
					expect(equalInput).toBe(row.kind !== "input-changed");
					if (row.kind === "same") expect(row.a.outcome).toEqual(row.b.outcome);
					if (row.kind === "result-changed") expect(row.a.outcome).not.toEqual(row.b.outcome);
				}
			}),
		);
	});

	test("no equal calls are left alone on both sides", () => {
		fc.assert(
			fc.property(sampleCalls, sampleCalls, (a, b) => {
				const { rows } = diffTraces(sampleTrace(a), sampleTrace(b));
				const keyOf = (call: { identity: { tool: string; inputHash: string } } | null): string =>
					`${call?.identity.tool} ${call?.identity.inputHash}`;
				const deleted = new Set(rows.filter((row) => row.kind === "deleted").map((row) => keyOf(row.a)));
				const inserted = rows.filter((row) => row.kind === "inserted").map((row) => keyOf(row.b));
				expect(inserted.filter((key) => deleted.has(key))).toEqual([]);
			}),
		);
	});
});

test("one call inserted among 10,000 is one row", () => {
	const calls: SampleCall[] = Array.from({ length: 10_000 }, (_, index) => ({ input: { step: index % 700 } }));
	fc.assert(
		fc.property(fc.nat({ max: calls.length }), fc.nat({ max: 800 }), (at, step) => {
			const diff = diffTraces(sampleTrace(calls), sampleTrace(calls.toSpliced(at, 0, { input: { step } })));
			expect(diff.counts).toMatchObject({ same: 10_000, inserted: 1 });
			expect(diff.rows).toHaveLength(10_001);
			expect(diff.firstDivergence).toMatchObject({ cause: "agent", kind: "inserted" });
		}),
		{ numRuns: 8 },
	);
}, 180_000);
