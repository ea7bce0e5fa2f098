import { inspect } from "node:util";
import type { Changeset, TreeReader } from "@retake/changeset";
import type { Transaction } from "@retake/txfs";
import type { TreeListing } from "./list-directory.ts";
import { listChangeset, listDifference, listTree } from "./list-tree.ts";
import { type RecordedOperation, replayOperations } from "./recorded-operation.ts";

/**
 * Makes recorded operations in one step, and tells where the tree, the step's changeset or all changes then differ from the
 * directory; null where they agree.
 */
export async function compareStep(
	transaction: Transaction,
	operations: readonly RecordedOperation[],
	base: TreeListing,
): Promise<string | null> {
	const [first, last] = [operations[0], operations.at(-1)];
	if (first === undefined || last === undefined) throw new RangeError("a step has an operation");
	const what = operations.map(({ name }) => name).join("; ");
	const { value: complaint, changeset } = await transaction.step(async (layer) => replayOperations(operations, layer));
	if (complaint !== null) return `${what}: ${complaint}`;
	return (
		compareTree(what, transaction, last.after) ??
		compareChangeset(`${what}: the step's changes`, changeset, first.before, last.after) ??
		compareChangeset(`${what}: all changes`, transaction.changes(), base, last.after)
	);
}

/** Tells where a tree differs from a listing; null where it does not. */
export function compareTree(what: string, tree: TreeReader, listing: TreeListing): string | null {
	return compareLines(what, linesOf(listTree(tree)), linesOf(listing));
}

/** Tells where a changeset differs from what leads from one listing to another; null where it does not. */
export function compareChangeset(
	what: string,
	changeset: Changeset,
	before: TreeListing,
	after: TreeListing,
): string | null {
	return compareLines(what, listChangeset(changeset), listDifference(before, after));
}

/** Writes out a listing, sorted. */
export function linesOf(listing: TreeListing): readonly string[] {
	return Array.from(listing, ([path, line]) => `${path}: ${line}`).sort();
}

/** Tells where lines differ from what they should be; null where they do not. */
export function compareLines(what: string, actual: readonly string[], expected: readonly string[]): string | null {
	if (actual.join("\n") === expected.join("\n")) return null;
	const surplus = actual.filter((line) => !expected.includes(line));
	const missing = expected.filter((line) => !actual.includes(line));
	return `${what}: ${inspect({ surplus, missing }, { maxArrayLength: 5 })}`;
}
