/** What one run of the tests ended with, as the test runner reports it. */
export interface TestOutcomes {
	readonly tests: readonly ("passed" | "failed" | "skipped" | "pending")[];
	/** Files that could not be loaded or whose hooks failed outside any test. */
	readonly brokenFiles: readonly string[];
	/** Errors that no test caught, such as a rejected promise nobody waited for. */
	readonly strayErrors: number;
}

/** How many tests passed, failed or did not run. */
export interface TestTally {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}

/** Counts outcomes. A broken file and a stray error each count as one failure; a test that never ended counts as failed. */
export function countTests(outcomes: TestOutcomes): TestTally {
	const count = (state: string): number => outcomes.tests.filter((test) => test === state).length;
	return {
		passed: count("passed"),
		failed: count("failed") + count("pending") + outcomes.brokenFiles.length + outcomes.strayErrors,
		skipped: count("skipped"),
	};
}

/** Decides whether a run failed: by a failure, by running nothing, and by a skipped test where that is `strict`. */
export function isFailure(tally: TestTally, strict: boolean): boolean {
	return tally.failed > 0 || tally.passed === 0 || (strict && tally.skipped > 0);
}

/** Writes the last line of every test run. */
export function describeTally(tally: TestTally): string {
	const line = `${tally.passed} passed, ${tally.failed} failed`;
	return tally.skipped > 0 ? `${line}, ${tally.skipped} skipped` : line;
}
