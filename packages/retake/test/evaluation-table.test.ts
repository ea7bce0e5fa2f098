import { stripVTControlCharacters } from "node:util";
import type { RunId } from "@retake/base";
import type { CandidateResult, EvaluationProgress } from "@retake/evaluator";
import pico from "picocolors";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { advance, type EvaluationState, initialState } from "../src/evaluation/evaluation-state.ts";
import { plainLine } from "../src/evaluation/plain-view.ts";
import { renderTable } from "../src/evaluation/render-table.ts";

const paint = pico.createColors(false);
const runId = "1m7wyhxf7cpr648z" as RunId;

function play(progress: readonly EvaluationProgress[]): EvaluationState {
	return progress.reduce((state, each, index) => advance(state, each, index * 1000), initialState);
}

function started(candidates: readonly string[], checks: readonly string[] = ["tests", "lint"]): EvaluationProgress {
	return { kind: "started", runId, candidates, checks };
}

function ended(name: string, verdict: CandidateResult["verdict"], changed = 1): EvaluationProgress {
	const changedPaths = Array.from(
		{ length: changed },
		(_, index) => `file-${index}` as CandidateResult["changedPaths"][number],
	);
	return {
		kind: "candidate-ended",
		result: { name, runId, verdict, reason: null, checks: [], changedPaths, patchBytes: 0 },
	};
}

const draw = (state: EvaluationState, columns = 80, rows = 24, colours = paint): string[] =>
	renderTable(state, { columns, rows, paint: colours, now: 20_000 }).split("\n");

describe("the table", () => {
	test("shows where each candidate stands", () => {
		const state = play([
			started(["good", "slow", "later"]),
			{ kind: "candidate-started", name: "good" },
			{ kind: "candidate-started", name: "slow" },
			{ kind: "check-started", candidate: "slow", check: "tests" },
			{ kind: "check-ended", candidate: "slow", check: "tests", exitCode: 0, durationMs: 5 },
			{ kind: "check-started", candidate: "slow", check: "lint" },
			ended("good", "pass", 3),
			{ kind: "selected", name: "good" },
		]);
		expect(draw(state)).toEqual([
			"candidate  state             checks    time   changed",
			"good       pass, selected       0/2   5.0 s   3 paths",
			"slow       running lint         1/2  18.0 s",
			"later      waiting",
		]);
	});
	test("is never wider than the terminal, whatever names hold", () => {
		const names = ["x".repeat(300), "日本語".repeat(60), "\x1b[2J\x1b]0;owned\x07", "a\nb", "e\u0301".repeat(90)];
		const state = play([
			started(names, ["c".repeat(200)]),
			{ kind: "candidate-started", name: "a\nb" },
			ended("a\nb", "fail"),
		]);
		for (const columns of [80, 60, 200]) {
			const lines = draw(state, columns);
			expect(lines).toHaveLength(1 + names.length);
			for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
			expect(lines.join("")).not.toMatch(/[\p{Cc}]/u);
		}
	});
	test("is never higher than the terminal, and tells of those that it leaves out", () => {
		const names = Array.from({ length: 100 }, (_, index) => `candidate-${index}`);
		const state = play([
			started(names),
			ended("candidate-3", "pass"),
			{ kind: "candidate-started", name: "candidate-90" },
		]);
		const lines = draw(state, 80, 12);
		expect(lines.length).toBeLessThan(12);
		expect(lines.join("\n")).toContain("candidate-90");
		expect(lines.join("\n")).toContain("candidate-3 ");
		expect(lines.at(-1)).toBe("… and 92 more; of 100, 1 have ended and 1 passed");
	});
	test("says the same without colour", () => {
		const state = play([started(["good", "bad"]), ended("good", "pass"), ended("bad", "out-of-memory")]);
		const coloured = draw(state, 80, 24, pico.createColors(true));
		expect(coloured.join("\n")).toContain("\x1b[");
		expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(draw(state));
	});
});

test("plain lines escape what candidates are named", () => {
	expect(plainLine(ended("a\x1b[2J\nb", "fail"))).toBe("a\\x1b[2J\\nb: fail, 1 path changed");
});
