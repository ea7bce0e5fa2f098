import { startVitest, type TestModule } from "vitest/node";
import type { HostileCell } from "../test/hostile/ground/hostile-row.ts";

/** One row of the printed table: what was seen under each subject, or that it failed. */
interface TableRow {
	readonly id: string;
	readonly attack: string;
	readonly cells: Map<HostileCell["subject"], string>;
}

const subjects = ["bubblewrap", "docker", "control"] as const;
const subjectOfName = new Map<string, HostileCell["subject"]>([
	["is stopped by bubblewrap", "bubblewrap"],
	["is stopped by docker", "docker"],
	["gets through without the defence", "control"],
]);

/** Gathers what the rows' tests noted. A test that failed or could not run says so in its cell. */
function readTable(modules: readonly TestModule[]): readonly TableRow[] {
	const rows = new Map<string, TableRow>();
	for (const module of modules) {
		for (const test of module.children.allTests()) {
			const [, id = "?", attack = ""] = /^(\S+) (.*)$/.exec(test.parent.type === "suite" ? test.parent.name : "") ?? [];
			const subject = subjectOfName.get(test.name);
			if (subject === undefined) continue;
			const row = rows.get(id) ?? { id, attack, cells: new Map() };
			rows.set(id, row);
			const { state } = test.result();
			const outcome = state === "passed" ? (test.meta().hostile?.outcome ?? "passed") : state.toUpperCase();
			row.cells.set(subject, outcome);
		}
	}
	return [...rows.values()].toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function markdown(rows: readonly TableRow[]): string {
	const line = (cells: readonly string[]): string =>
		`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
	return [
		line(["id", "attack", ...subjects]),
		line(["---", "---", ...subjects.map(() => "---")]),
		...rows.map(({ id, attack, cells }) =>
			line([id, attack, ...subjects.map((subject) => cells.get(subject) ?? "NOT RUN")]),
		),
	].join("\n");
}

const vitest = await startVitest("test", process.argv.slice(2), { watch: false, project: "hostile" });
const modules = vitest.state.getTestModules();
const rows = readTable(modules);
const broken = modules.filter((module) => module.errors().length > 0).length + vitest.state.getUnhandledErrors().length;
await vitest.close();

const cells = rows.flatMap((row) => subjects.map((subject) => row.cells.get(subject) ?? "NOT RUN"));
const failed = cells.filter((cell) => ["FAILED", "NOT RUN", "PENDING"].includes(cell)).length + broken;
const skipped = cells.filter((cell) => cell === "SKIPPED").length;
const isFailure = failed > 0 || rows.length === 0 || (skipped > 0 && process.env["CI"] === "true");
const tally = `${rows.length} rows, ${cells.length - failed - skipped} cells held, ${failed} failed, ${skipped} not run here`;
process.stdout.write(`\n${markdown(rows)}\n\n${tally}\n`, () => process.exit(isFailure ? 1 : 0));
