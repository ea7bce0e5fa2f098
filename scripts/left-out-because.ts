import type { TestCase, TestModule, TestSuite } from "vitest/node";

/** Counts the tests that did not run, by the reason that each, or a group around it, gives. */
export function leftOutBecause(tests: readonly TestCase[]): ReadonlyMap<string, number> {
	const counts = new Map<string, number>();
	for (const test of tests) {
		const result = test.result();
		if (result.state !== "skipped") continue;
		const reason = result.note ?? reasonOf(test) ?? "NO REASON GIVEN, or not among the tests asked for by name.";
		counts.set(reason, (counts.get(reason) ?? 0) + 1);
	}
	return counts;
}

function reasonOf(task: TestCase | TestSuite | TestModule): string | undefined {
	const reason = task.meta().leftOut;
	return reason ?? (task.type === "module" ? undefined : reasonOf(task.parent));
}
