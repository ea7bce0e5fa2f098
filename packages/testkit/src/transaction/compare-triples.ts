import type { Blobs } from "@retake/changeset";
import type { Savepoint, Transaction } from "@retake/txfs";
import { compareStep } from "./compare-step.ts";
import type { TransactionHarness } from "./describe-transactions.ts";
import type { DirectoryOracle } from "./directory-oracle.ts";
import type { TreeListing } from "./list-directory.ts";
import { type RecordedOperation, recordOperation } from "./recorded-operation.ts";
import { type TreeOperation, treeOperations } from "./tree-write.ts";

/** What became of the triples that were tried. */
export interface TripleFigures {
	readonly triples: number;
	/** Steps that were compared: each triple is split over steps in four ways. */
	readonly steps: number;
	/** One line for each step that differed from the directory. */
	readonly differences: readonly string[];
}

/** Chooses among all triples by their number, from 0 up to the cube of the operations' count. */
export type TripleChoice = (number: number) => boolean;

/** A transaction at a point from which third operations are tried, and what the directory does from there. */
interface Start {
	readonly transaction: Transaction;
	readonly savepoint: Savepoint;
	/** Operations that the last step begins with. */
	readonly inStep: readonly RecordedOperation[];
	/** The operation that the third one follows. */
	readonly last: RecordedOperation;
}

/**
 * Tries triples of operations that begin with one of them: all in one step, the first or the last in a step of its own, and
 * each in a step of its own, in a fork. Between two triples the transaction goes back to the savepoint before.
 */
export async function compareTriples(
	harness: TransactionHarness,
	base: DirectoryOracle,
	first: TreeOperation,
	isChosen: TripleChoice,
): Promise<TripleFigures> {
	const count = treeOperations.length;
	const listing = base.list();
	const { blobs } = harness;
	let [triples, steps] = [0, 0];
	const differences: string[] = [];
	using one = recordOperation(base, listing, first, { keepsLinks: false, blobs });
	for (const [index, second] of treeOperations.entries()) {
		const before = (treeOperations.indexOf(first) * count + index) * count;
		const thirds = treeOperations.filter((_, third) => isChosen(before + third));
		if (thirds.length === 0) continue;
		using together = recordOperation(one.directory, one.after, second, { keepsLinks: true, blobs });
		using apart = recordOperation(one.directory, one.after, second, { keepsLinks: false, blobs });
		await using transactions = new AsyncDisposableStack();
		const { starts, differences: early } = await openStarts(harness, listing, { one, together, apart }, transactions);
		differences.push(...early);
		const recordThird = thirdRecorder(blobs, [first, second]);
		for (const third of thirds) {
			for (const { transaction, savepoint, inStep, last } of starts) {
				const recorded = recordThird(last, third, inStep.length > 0);
				const difference = await compareStep(transaction, [...inStep, recorded], listing);
				if (difference !== null) differences.push(difference);
				transaction.rollbackTo(savepoint);
				steps++;
			}
		}
		triples += thirds.length;
	}
	return { triples, steps, differences };
}

/** Makes the four starts, and compares the steps that lead to them. */
async function openStarts(
	harness: TransactionHarness,
	base: TreeListing,
	{ one, together, apart }: Readonly<Record<"one" | "together" | "apart", RecordedOperation>>,
	transactions: AsyncDisposableStack,
): Promise<{ readonly starts: readonly Start[]; readonly differences: readonly string[] }> {
	const differences: string[] = [];
	const stepped = async (transaction: Transaction, operations: readonly RecordedOperation[]): Promise<Transaction> => {
		transactions.use(transaction);
		const difference = operations.length === 0 ? null : await compareStep(transaction, operations, base);
		if (difference !== null) differences.push(difference);
		return transaction;
	};
	const start = (transaction: Transaction, inStep: readonly RecordedOperation[], last: RecordedOperation): Start => ({
		transaction,
		savepoint: transaction.savepoint(),
		inStep,
		last,
	});
	const afterOne = await stepped(harness.begin(), [one]);
	const starts = [
		start(await stepped(harness.begin(), []), [one, together], together),
		start(await stepped(harness.begin(), [one, together]), [], together),
		start(afterOne, [apart], apart),
		start(await stepped(afterOne.fork(), [apart]), [], apart),
	];
	return { starts, differences };
}

/** Records an operation that follows two others, the last of which has been recorded. */
export type ThirdRecorder = (last: RecordedOperation, third: TreeOperation, keepsLinks: boolean) => RecordedOperation;

/** Makes a recorder of operations that follow two given ones: each is done once alone, where no hard link can make the ways to it differ. */
export function thirdRecorder(blobs: Blobs, before: readonly TreeOperation[]): ThirdRecorder {
	const hasLinks = before.some(({ writes }) => writes.some(({ kind }) => kind === "link"));
	const known = new Map<TreeOperation, RecordedOperation>();
	return (last, third, keepsLinks) => {
		const recorded = hasLinks ? undefined : known.get(third);
		if (recorded !== undefined) return recorded;
		using fresh = recordOperation(last.directory, last.after, third, { keepsLinks, blobs });
		known.set(third, fresh);
		return fresh;
	};
}
