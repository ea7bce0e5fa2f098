import { setTimeout as sleep } from "node:timers/promises";
import { parseCLI, startVitest, type TestModule } from "vitest/node";
import { unmetNeeds } from "../packages/testkit/src/host/host-needs.ts";
import { leftOutBecause } from "./left-out-because.ts";
import { countTests, describeTally, isFailure, type TestOutcomes } from "./test-tally.ts";

/** How long closing the test runner may take, milliseconds. */
const closeMsMax = 20_000;

for (const reason of unmetNeeds().values()) process.stdout.write(`\nLEFT OUT OF THIS RUN: ${reason}\n`);
const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
const modules: readonly TestModule[] = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const outcomes: TestOutcomes = {
	tests: tests.map((test) => test.result().state),
	brokenFiles: modules.flatMap((module) => (module.errors().length > 0 ? [module.relativeModuleId] : [])),
	strayErrors: vitest.state.getUnhandledErrors().length,
};
// A child that a test left running keeps its worker from closing, and must not keep the tally back.
await Promise.race([vitest.close(), sleep(closeMsMax)]);

const tally = countTests(outcomes);
const failed = isFailure(tally, process.env["CI"] === "true");
if (failed && tally.failed === 0) {
	process.stdout.write(
		tally.passed === 0
			? "No test ran.\n"
			: "A test was skipped, which fails the run where CI=true: give it what it needs, or remove it.\n",
	);
}
for (const [reason, count] of leftOutBecause(tests)) process.stdout.write(`LEFT OUT, ${count} tests: ${reason}\n`);
// Workers or sockets that a test left open must not keep the run from ending.
process.stdout.write(`${describeTally(tally)}\n`, () => process.exit(failed ? 1 : 0));
