import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Changeset } from "@retake/changeset";
import type { LayerMount, Transaction } from "@retake/txfs";
import { compareLines, linesOf } from "./compare-step.ts";
import type { TreeListing } from "./list-directory.ts";
import { listChangeset, listDifference } from "./list-tree.ts";
import type { OperationPlan, OperationReport } from "./operate.ts";

/** Gives the command by which a program is run on a step's tree, mounted: the tree's path is the argument after the program's own. */
export type CommandInside = (mount: LayerMount, program: readonly string[]) => readonly string[];

/** What each of many directories held in the base and before a step, and must hold after it; by its index, which is its name. */
export interface ExpectedStep {
	readonly base: TreeListing;
	readonly before: readonly TreeListing[];
	readonly after: readonly TreeListing[];
	/** Says what is done in a directory. */
	readonly what: (index: number) => string;
}

/** Bytes that a report of some hundred directories stays far below. */
const reportBytesMax = 256 * 1024 ** 2;

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
	const { value: report, changeset } = await transaction.step(async ({ mount }) => {
		if (mount === null) throw new TypeError("the steps of this transaction can be mounted");
		return operate(inside(mount, [process.execPath, fileURLToPath(new URL("operate.ts", import.meta.url))]), plan);
	});
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

function operate([command = "", ...rest]: readonly string[], plan: OperationPlan): OperationReport {
	const { status, stdout, stderr, error } = spawnSync(command, rest, {
		input: JSON.stringify(plan),
		maxBuffer: reportBytesMax,
	});
	if (status !== 0) throw new Error(`the program failed: ${stderr.toString()}`, { cause: error });
	return JSON.parse(stdout.toString()) as OperationReport;
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
