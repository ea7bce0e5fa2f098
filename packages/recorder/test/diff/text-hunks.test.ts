import fc from "fast-check";
import { expect, test } from "vitest";
import { type HunkLine, type TextHunk, textHunks } from "../../src/diff/text-hunks.ts";

/** Replaces, from the last hunk to the first, what a hunk says was there by what it says is there now. */
function applyHunks(text: string, hunks: readonly TextHunk[]): string {
	const lines = text.split("\n");
	lines.pop();
	const textOf = (hunk: TextHunk, kind: HunkLine["kind"]): string[] =>
		hunk.lines.filter((line) => line.kind !== kind).map((line) => line.text);
	for (const hunk of hunks.toReversed()) {
		const was = textOf(hunk, "added");
		expect(lines.slice(hunk.wasLine - 1, hunk.wasLine - 1 + was.length)).toEqual(was);
		lines.splice(hunk.wasLine - 1, was.length, ...textOf(hunk, "removed"));
	}
	return lines.map((line) => `${line}\n`).join("");
}

const texts = fc
	.array(fc.constantFrom("a", "b", "c", "d", ""), { maxLength: 40 })
	.map((lines) => lines.map((line) => `${line}\n`).join(""));

test("applying the hunks of two texts to the first gives the second", () => {
	fc.assert(
		fc.property(texts, texts, fc.nat({ max: 4 }), (was, now, context) => {
			expect(applyHunks(was, textHunks(was, now, context))).toBe(now);
		}),
	);
});

test("differences far apart are hunks of their own, near ones share a hunk", () => {
	const was = Array.from({ length: 30 }, (_, index) => `${index}\n`);
	const near = was.with(5, "x\n").with(9, "y\n");
	expect(textHunks(was.join(""), near.join(""))).toHaveLength(1);
	const far = was.with(5, "x\n").with(25, "y\n");
	expect(textHunks(was.join(""), far.join("")).map((hunk) => [hunk.wasLine, hunk.lines.length])).toEqual([
		[3, 8],
		[23, 8],
	]);
});

test("equal texts have no hunks", () => {
	expect(textHunks("a\nb\n", "a\nb\n")).toEqual([]);
});
