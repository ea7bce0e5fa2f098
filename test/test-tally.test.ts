import { expect, test } from "vitest";
import { countTests, describeTally, isFailure } from "../scripts/test-tally.ts";

const outcomes = { tests: [], brokenFiles: [], strayErrors: 0 };

test("passed and failed tests are counted, and the line says so", () => {
	const tally = countTests({ ...outcomes, tests: ["passed", "failed", "passed"] });
	expect(describeTally(tally)).toBe("2 passed, 1 failed");
	expect(isFailure(tally, false)).toBe(true);
});

test("a file that cannot be loaded, an error that nobody caught and a test that never ended are failures", () => {
	const tally = countTests({ tests: ["passed", "pending"], brokenFiles: ["a.test.ts"], strayErrors: 1 });
	expect(describeTally(tally)).toBe("1 passed, 3 failed");
});

test("a skipped test is told, and fails the run where it must not be", () => {
	const tally = countTests({ ...outcomes, tests: ["passed", "skipped"] });
	expect(describeTally(tally)).toBe("1 passed, 0 failed, 1 skipped");
	expect([isFailure(tally, false), isFailure(tally, true)]).toEqual([false, true]);
});

test("a run of no tests has not passed", () => {
	expect(isFailure(countTests(outcomes), false)).toBe(true);
});
