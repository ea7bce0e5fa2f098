import { textHunks } from "@retake/recorder";
import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { twoColumns } from "../src/terminal/two-columns.ts";
import { foldWhere } from "../src/trace/diff/fold-rows.ts";
import { hunkSides, showDifference } from "../src/trace/diff/hunk-sides.ts";

const seed = 20_261_126;
const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 }).map((each) => each.join("\n"));

describe("two texts beside each other", () => {
	test("every line of a hunk stands once on its side, under its own number", () => {
		fc.assert(
			fc.property(lines, lines, (was, now) => {
				for (const hunk of textHunks(was, now)) {
					const sides = hunkSides(hunk);
					for (const [side, text] of [["a", was.split("\n")] as const, ["b", now.split("\n")] as const]) {
						const shown = sides.flatMap((each) => each[side] ?? []);
						for (const line of shown) expect(line.text).toBe(text[line.number - 1]);
						expect(shown.map(({ number }) => number)).toEqual(shown.map((_, at) => (shown[0]?.number ?? 0) + at));
					}
					for (const { a, b } of sides) {
						if (a?.differs !== true && b?.differs !== true) expect(a?.text).toBe(b?.text);
					}
				}
			}),
			{ seed },
		);
	});

	test("where two long lines differ is within the width, however far to the right", () => {
		fc.assert(
			fc.property(fc.nat(500), fc.integer({ min: 12, max: 100 }), fc.string({ maxLength: 8 }), (length, width, end) => {
				const [a, b] = showDifference(`${"x".repeat(length)}1${end}`, `${"x".repeat(length)}2${end}`, width);
				expect(a.slice(0, width)).not.toBe(b.slice(0, width));
			}),
			{ seed },
		);
		expect(showDifference("x".repeat(300), "x".repeat(300), 20)).toEqual(["x".repeat(300), "x".repeat(300)]);
		const [before] = showDifference(`${"🎬".repeat(40)}a`, `${"🎬".repeat(40)}b`, 20);
		expect(before.isWellFormed()).toBe(true);
	});

	test.each([80, 81, 120, 200])("no line is wider than %i columns, and the divider stands still", (columns) => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (left, right) => {
				const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "");
				const line = twoColumns(columns).line("≠", `${printable(left)}.`, `${printable(right)}.`);
				expect(stringWidth(line)).toBeLessThanOrEqual(columns);
				expect(stringWidth(line.slice(0, line.indexOf(" │ ")))).toBe(2 + twoColumns(columns).width);
			}),
			{ seed },
		);
	});
});

test("equal rows are folded but for the one on each side of what differs, and none is lost", () => {
	fc.assert(
		fc.property(fc.array(fc.boolean()), (rows) => {
			const numbered = rows.map((same, index) => ({ same, index }));
			const groups = foldWhere(numbered, ({ same }) => same);
			expect(groups.flat()).toEqual(numbered);
			for (const group of groups.filter(({ length }) => length > 1)) {
				expect(group.every(({ same }) => same)).toBe(true);
				for (const next of [(group[0]?.index ?? 0) - 1, (group.at(-1)?.index ?? 0) + 1]) {
					expect(numbered[next]?.same).not.toBe(false);
				}
			}
		}),
		{ seed },
	);
	expect(foldWhere([1, 1, 1, 0, 1, 1, 1, 1], (row) => row === 1)).toEqual([[1, 1], [1], [0], [1], [1, 1, 1]]);
});
