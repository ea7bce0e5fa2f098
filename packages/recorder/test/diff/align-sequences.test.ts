import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alignSequences } from "../../src/diff/align-sequences.ts";
import { commonSubsequence } from "../../src/diff/common-subsequence.ts";
import { longestIncreasing } from "../../src/diff/longest-increasing.ts";

const keys = fc.array(fc.nat({ max: 5 }), { maxLength: 30 }).map((list) => Int32Array.from(list));
const unbounded = { editsMax: 1_000, stepsMax: 1_000_000 };

/** The length of a longest common subsequence by the textbook's table: slow and plain. */
function tableLength(a: Int32Array, b: Int32Array): number {
	const rows = [Array.from({ length: b.length + 1 }, () => 0)];
	for (const [i, key] of a.entries()) {
		const above = rows[i] as number[];
		const row = [0];
		for (const [j, other] of b.entries()) {
			row.push(key === other ? (above[j] as number) + 1 : Math.max(above[j + 1] as number, row[j] as number));
		}
		rows.push(row);
	}
	return (rows.at(-1) as number[]).at(-1) as number;
}

test("the exact search finds as much as the textbook's table", () => {
	fc.assert(
		fc.property(keys, keys, (a, b) => {
			const { pairs } = commonSubsequence(a, b, unbounded);
			expect(pairs).toHaveLength(tableLength(a, b));
			for (const [x, y] of pairs ?? []) expect(a[x]).toBe(b[y]);
		}),
	);
});

test("the exact search gives up at its bounds rather than go on", () => {
	const a = Int32Array.from({ length: 2_000 }, () => 0);
	const b = Int32Array.from({ length: 2_000 }, () => 1);
	expect(commonSubsequence(a, b, { editsMax: 100, stepsMax: 1e9 })).toMatchObject({ pairs: null, steps: 5_151 });
	expect(commonSubsequence(a, b, { editsMax: 1e9, stepsMax: 1_000 }).steps).toBeLessThan(1_100);
});

test("an alignment pairs equal keys in increasing order", () => {
	fc.assert(
		fc.property(keys, keys, (a, b) => {
			const partner = alignSequences(a, b, 6);
			let last = -1;
			for (const [index, other] of partner.entries()) {
				if (other < 0) continue;
				expect(a[index]).toBe(b[other]);
				expect(other).toBeGreaterThan(last);
				last = other;
			}
		}),
	);
});

describe("longest increasing", () => {
	test("is increasing, and as long as any", () => {
		fc.assert(
			fc.property(fc.array(fc.nat({ max: 50 }), { maxLength: 12 }), (values) => {
				const found = longestIncreasing(values).map((index) => values[index] as number);
				expect(found).toEqual([...new Set(found)].toSorted((x, y) => x - y));
				let best = 0;
				for (let mask = 0; mask < 2 ** values.length; mask++) {
					const chosen = values.filter((_, index) => (mask >> index) & 1);
					if (chosen.every((value, index) => index === 0 || value > (chosen[index - 1] as number))) {
						best = Math.max(best, chosen.length);
					}
				}
				expect(found).toHaveLength(best);
			}),
			{ numRuns: 30 },
		);
	});
});
