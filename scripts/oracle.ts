// Every triple of operations on a tree against a plain directory, in every kind of transaction, and the figures as one table.
import { accessSync, constants } from "node:fs";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { unmetNeeds } from "../packages/testkit/src/host/host-needs.ts";

const sharedMemory = "/dev/shm";

/** How long the 841 triples that begin with one operation may take, milliseconds: some minutes, on a busy machine. */
const testTimeout = 3_600_000;

const usage = "Type: pnpm oracle [--sample] [--only memory|copy|overlay|directory|kernel]";

/** Reads the arguments, or ends with what they should have been. */
function parse() {
	try {
		return parseArgs({
			options: { sample: { type: "boolean", default: false }, only: { type: "string", default: "" } },
		});
	} catch (error) {
		process.stderr.write(`oracle: ${(error as Error).message}. ${usage}\n`);
		process.exit(2);
	}
}

/** Trees by the hundred thousand are best made where no disk is waited for. */
function preferMemory(): void {
	if (process.env["TMPDIR"] !== undefined) return;
	try {
		accessSync(sharedMemory, constants.W_OK);
		process.env["TMPDIR"] = sharedMemory;
	} catch {
		process.stdout.write(`${sharedMemory} cannot be written to: this takes longer\n`);
	}
}

const { values } = parse();
const isSample = values.sample;
for (const reason of unmetNeeds().values()) process.stdout.write(`\nLEFT OUT OF THIS RUN: ${reason}\n`);
process.env["RETAKE_ORACLE"] = isSample ? "sample" : "every";
preferMemory();
const startedAt = Date.now();
const vitest = await startVitest("test", [`packages/txfs/test/oracle/${values.only}`], {
	watch: false,
	project: "retake",
	...(isSample ? {} : { testTimeout }),
});
const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const failed = [
	...modules.filter((module) => module.errors().length > 0).map((module) => module.relativeModuleId),
	...tests.filter((test) => !["passed", "skipped"].includes(test.result().state)).map((test) => test.fullName),
];
const stray = vitest.state.getUnhandledErrors().length;
const skipped = tests.filter((test) => test.result().state === "skipped").length;
const rows = new Map<string, { triples: number; steps: number; differences: number }>();
for (const { triples: figures } of tests.map((test) => test.meta())) {
	if (figures === undefined) continue;
	const row = rows.get(figures.of) ?? { triples: 0, steps: 0, differences: 0 };
	row.triples += figures.triples;
	row.steps += figures.steps;
	row.differences += figures.differences.length;
	rows.set(figures.of, row);
}
await vitest.close();

const table = [
	["transaction", "triples", "steps compared", "differ"],
	["---", "---", "---", "---"],
	...Array.from(rows, ([of, { triples, steps, differences }]) => [of, ...[triples, steps, differences].map(String)]),
];
const tally = `${isSample ? "a sample of the triples" : "every triple"}, ${Math.round((Date.now() - startedAt) / 1000)} s; ${failed.length + stray} tests failed, ${skipped} left out`;
const isFailure = failed.length + stray > 0 || rows.size === 0 || (skipped > 0 && process.env["CI"] === "true");
const lines = [
	...table.map((cells) => `| ${cells.join(" | ")} |`),
	"",
	...failed.map((name) => `FAILED: ${name}`),
	tally,
];
process.stdout.write(`\n${lines.join("\n")}\n`, () => process.exit(isFailure ? 1 : 0));
