import { fileURLToPath } from "node:url";
import type { Changeset } from "@retake/changeset";
import type { Transaction } from "@retake/txfs";
import { compareLines, linesOf } from "./compare-step.ts";
import type { TreeListing } from "./list-directory.ts";
import { listChangeset, listDifference } from "./list-tree.ts";
import type { OperationPlan, OperationReport } from "./operate.ts";
import { type CommandInside, runInside } from "./run-inside.ts";

/** What each of many directories held in the base and before a step, and must hold after it; by its index, which is its name. */
export interface ExpectedStep {
	readonly base: TreeListing;
	readonly before: readonly TreeListing[];
	readonly after: readonly TreeListing[];
	/** Says what is done in a directory. */
	readonly what: (index: number) => string;
}

/** The program that does a plan. */
export const operator: readonly string[] = [process.execPath, fileURLToPath(new URL("operate.ts", import.meta.url))];

/**
 * Has a program do a plan in one step, and tells where what it then saw, the step's changeset or all changes differ from what
 * is expected of a directory.
 */
export async function compareProgram(
	transaction: Transaction,
	inside: CommandInside,
	plan: OperationPlan,
	{ base, before, after, what }: ExpectedStep,
): Promise<readonly string[]> {
	const { value, changeset } = await transaction.step(async (layer) =>
		runInside(inside, layer, operator, JSON.stringify(plan)),
	);
	const report = JSON.parse(value) as OperationReport;
	const [step, all] = [linesByDirectory(changeset), linesByDirectory(transaction.changes())];
	return report.flatMap(([name, shown]) => {
		const index = Number(name);
		const [was, now] = [before[index], after[index]];
		if (was === undefined || now === undefined) throw new RangeError(`nothing is expected of ${name}`);
		return [
			compareLines(`${what(index)}: what the program sees`, linesOf(new Map(shown)), linesOf(now)),
			compareLines(`${what(index)}: the step's changes`, step.get(name) ?? [], listDifference(was, now)),
			compareLines(`${what(index)}: all changes`, all.get(name) ?? [], listDifference(base, now)),
		].filter((difference) => difference !== null);
	});
}

function linesByDirectory(changeset: Changeset): ReadonlyMap<string, readonly string[]> {
	const lines = new Map<string, string[]>();
	for (const line of listChangeset(changeset)) {
		const slash = line.indexOf("/");
		const name = line.slice(0, slash);
		const others = lines.get(name);
		if (others === undefined) lines.set(name, [line.slice(slash + 1)]);
		else others.push(line.slice(slash + 1));
	}
	return lines;
}
