import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { wantsColour } from "../src/edges/wants-colour.ts";
import { escapeOutput, escapeText } from "../src/terminal/escape-text.ts";
import { cutText, fitText } from "../src/terminal/fit-text.ts";
import { formatDuration } from "../src/terminal/format.ts";
import { createOutputEscaper } from "../src/terminal/output-escaper.ts";
import { layOutTable } from "../src/terminal/table.ts";
import { wrapText } from "../src/terminal/wrap-text.ts";

const seed = 20_261_120;

describe("text from candidates", () => {
	test.each([
		["colour", "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"],
		["a title by OSC", "\x1b]0;owned\x07", "\\x1b]0;owned\\x07"],
		["the clipboard by OSC 52", "\x1b]52;c;cm0gLXJm\x1b\\", "\\x1b]52;c;cm0gLXJm\\x1b\\"],
		["an 8-bit control sequence", "\u009b2J", "\\x9b2J"],
		["a line forged by a line break", "fail\nx: pass", "fail\\nx: pass"],
		["a line overwritten by a carriage return", "fail\rpass", "fail\\rpass"],
		["reordering by bidi controls", "a\u202egnp.exe", "a\\u{202e}gnp.exe"],
		["isolates", "\u2066x\u2069", "\\u{2066}x\\u{2069}"],
		["invisible characters", "a\u200bb\ufeff", "a\\u{200b}b\\u{feff}"],
		["a byte that is not UTF-8", "caf\udce9", "caf\\xe9"],
		["tag characters", "a\u{e0041}", "a\\u{e0041}"],
	])("%s is shown, not obeyed", (_name, text, shown) => {
		expect(escapeText(text)).toBe(shown);
	});
	test("ordinary text of any language stays as it is", () => {
		for (const text of ["src/sum.js", "größe", "日本語", "عربي", "C:\\path", "🎬 take"])
			expect(escapeText(text)).toBe(text);
	});
	test("output keeps its lines, and nothing in it moves the cursor", () => {
		expect(escapeOutput("one\r\n\ttwo\x1b[2J\n")).toBe("one\n    two\\x1b[2J\n");
		const dangerous = /[\p{Cc}\p{Cf}\p{Cs}]/u;
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				expect(escapeOutput(text).replaceAll("\n", "")).not.toMatch(dangerous);
			}),
			{ seed },
		);
	});
	test("a character that is cut by a chunk's end is shown whole", () => {
		const bytes = Buffer.from("größe\x1b[2J", "utf8");
		for (let cut = 0; cut <= bytes.length; cut++) {
			const escaper = createOutputEscaper();
			const shown = escaper.push(bytes.subarray(0, cut)) + escaper.push(bytes.subarray(cut)) + escaper.end();
			expect(shown).toBe("größe\\x1b[2J");
		}
	});
});

describe("fitting", () => {
	test("cuts by columns, not by characters", () => {
		expect(cutText("日本語", 5)).toBe("日本…");
		expect(cutText("abcdef", 4)).toBe("abc…");
		expect(cutText("abc", 3)).toBe("abc");
		expect(stringWidth(fitText("日本語", 4))).toBe(4);
	});
	test("a fitted text has exactly the width that was asked for", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, width) => {
				expect(stringWidth(fitText(escapeText(text), width))).toBe(width);
			}),
			{ seed },
		);
	});
	test("a wrapped line is never wider, and loses no word that fits", () => {
		const text = "the patch does not apply: hunk 3 of src/very/deep/path.ts finds other lines";
		const lines = wrapText(text, 30);
		for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(30);
		expect(lines.map((line) => line.trim()).join(" ")).toBe(text);
	});
	test("a table is as wide as the terminal at most, and the giving column is cut", () => {
		const rows = [["a".repeat(100), "pass"]];
		const lines = layOutTable([{ title: "name", gives: true }, { title: "verdict" }], rows, 40);
		expect(lines.map((line) => stringWidth(line)).every((width) => width <= 40)).toBe(true);
		expect(lines[1]).toMatch(/^a+… {2}pass$/);
	});
	test("durations are short", () => {
		expect([0, 999, 1_000, 61_000, 3_600_000, 360_000_000].map(formatDuration)).toEqual([
			"0 ms",
			"999 ms",
			"1.0 s",
			"61.0 s",
			"60 min",
			"100 h",
		]);
	});
});

test.each([
	[{}, true, true],
	[{}, false, false],
	[{ NO_COLOR: "1" }, true, false],
	[{ NO_COLOR: "" }, true, true],
	[{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
	[{ FORCE_COLOR: "1" }, false, true],
	[{ FORCE_COLOR: "0" }, true, false],
	[{ TERM: "dumb" }, true, false],
])("with %j on a terminal: %s, colour is %s", (environment, isTerminal, wanted) => {
	expect(wantsColour(environment, isTerminal)).toBe(wanted);
});
