// The crash sweeps in full, or with --sample in the size in which the tests run them, and their figures as one table.
import { startVitest, type TestCase, type TestModule } from "vitest/node";
import { unmetNeeds } from "../packages/testkit/src/host/host-needs.ts";
import type { CrashFigures } from "../test/crash/support/crash-figures.ts";

const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== "--sample");
if (unknown.length > 0) {
	process.stderr.write(`crash: unknown argument ${unknown[0]}. Type: pnpm crash [--sample]\n`);
	process.exit(2);
}
const isSample = options.includes("--sample");

function row({ id, sweep, points, blows, torn, lost, litter, isControl, seen }: CrashFigures): readonly string[] {
	return [id, sweep, ...[points, blows, torn, lost, litter].map(String), isControl ? "control" : "", seen];
}

function markdown(rows: readonly CrashFigures[]): string {
	const heads = ["id", "sweep", "points", "kills, cuts, faults", "torn", "lost", "litter", "", "seen"];
	const lines = [heads, heads.map(() => "---"), ...rows.map(row)];
	return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function failures(modules: readonly TestModule[], tests: readonly TestCase[]): readonly string[] {
	const broken = modules.filter((module) => module.errors().length > 0).map((module) => module.relativeModuleId);
	const failed = tests.filter((test) => !["passed", "skipped"].includes(test.result().state));
	return [...broken, ...failed.map((test) => test.fullName)];
}

for (const reason of unmetNeeds().values()) process.stdout.write(`\nLEFT OUT OF THIS RUN: ${reason}\n`);
process.env["RETAKE_CRASH"] = isSample ? "sample" : "every";
const startedAt = Date.now();
const vitest = await startVitest("test", ["test/crash/"], { watch: false, project: "retake", fileParallelism: false });
const modules = vitest.state.getTestModules();
const tests = modules.flatMap((module) => [...module.children.allTests()]);
const figures = tests.flatMap((test) => test.meta().crash ?? []);
const rows = figures.toSorted((left, right) => left.id.localeCompare(right.id));
const failed = failures(modules, tests);
const stray = vitest.state.getUnhandledErrors().length;
const skipped = tests.filter((test) => test.result().state === "skipped").length;
await vitest.close();

const sum = (count: (figure: CrashFigures) => number): number =>
	rows.filter(({ isControl }) => !isControl).reduce((total, figure) => total + count(figure), 0);
const size = isSample ? "a sample of the points" : "every point";
const tally = [
	`${size}, ${Math.round((Date.now() - startedAt) / 1000)} s`,
	`${sum(({ blows }) => blows)} kills, cuts and faults: ${sum(({ torn }) => torn)} torn, ${sum(({ lost }) => lost)} lost, ${sum(({ litter }) => litter)} littered`,
	`${failed.length + stray} tests failed, ${skipped} left out`,
].join("; ");
const isFailure = failed.length + stray > 0 || rows.length === 0 || (skipped > 0 && process.env["CI"] === "true");
process.stdout.write(`\n${markdown(rows)}\n\n${failed.map((name) => `FAILED: ${name}\n`).join("")}${tally}\n`, () =>
	process.exit(isFailure ? 1 : 0),
);
