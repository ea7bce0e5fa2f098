import { diffTraces } from "@retake/recorder";
import { expect, test } from "vitest";
import { type SampleCall, sampleTrace } from "./sample-trace.ts";

// Comparing each of these calls with each would take hours: that a test ends at all is what it asserts.
const count = 30_000;
const traceOf = (callAt: (index: number) => SampleCall) =>
	sampleTrace(Array.from({ length: count }, (_, i) => callAt(i)));
const run = (command: string): SampleCall => ({ input: { command, cwd: "/workspace" } });

test("runs that share no call pair by order", () => {
	const diff = diffTraces(
		traceOf((index) => run(`left ${index}`)),
		traceOf((index) => run(`right ${index}`)),
	);
	expect(diff.counts.inputChanged).toBe(count);
});

test("a reversed run is moved calls", () => {
	const diff = diffTraces(
		traceOf((index) => run(`step ${index}`)),
		traceOf((index) => run(`step ${count - 1 - index}`)),
	);
	expect(diff.counts).toMatchObject({ same: 1, moved: count - 1 });
});

test("two runs over the same few calls in another order lose none", () => {
	const diff = diffTraces(
		traceOf((index) => run(`step ${(index * index) % 7}`)),
		traceOf((index) => run(`step ${(index * index * index) % 7}`)),
	);
	const { same, moved, inputChanged, inserted, deleted } = diff.counts;
	expect(same + moved + inputChanged + deleted).toBe(count);
	expect(inserted).toBe(deleted);
	expect(same).toBeGreaterThan(count / 10);
});
