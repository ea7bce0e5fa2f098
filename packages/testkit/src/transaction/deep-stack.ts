import type { Savepoint, Transaction } from "@retake/txfs";
import { compareStep, compareTree } from "./compare-step.ts";
import type { TransactionHarness } from "./describe-transactions.ts";
import type { DirectoryOracle } from "./directory-oracle.ts";
import { type RecordedOperation, recordOperation } from "./recorded-operation.ts";
import { treeOperations } from "./tree-write.ts";

/** Steps of a deep stack: more layers than the kernel takes in one mount, which is 500. */
export const deepSteps = 600;

/** Steps between two places that a deep stack is looked at again from. */
const stepsBetweenPlaces = 30;

/** A place in a deep stack, and what a directory held there. */
interface Place {
	readonly depth: number;
	readonly savepoint: Savepoint;
	readonly recorded: RecordedOperation;
}

/**
 * Makes a deep stack of steps, an operation each, chosen by a seed, and goes back over it: forks from all over it, each of
 * which goes on by a step of its own, then rolls back to ever earlier places and goes on from there. Returns where what is
 * seen or recorded differs from the directory. `look` is given the transaction at each place.
 */
export async function compareDeepStack(
	harness: TransactionHarness,
	base: DirectoryOracle,
	seed: number,
	look: (transaction: Transaction, listing: RecordedOperation["after"]) => Promise<string | null> = async () => null,
): Promise<readonly string[]> {
	const { blobs } = harness;
	const listing = base.list();
	const differences: (string | null)[] = [];
	await using transaction = harness.begin();
	using kept = new DisposableStack();
	const chosen = operationsBySeed(seed);
	const goOn = async (
		on: Transaction,
		from: Pick<RecordedOperation, "directory" | "after">,
	): Promise<RecordedOperation> => {
		const recorded = recordOperation(from.directory, from.after, chosen.next().value, { keepsLinks: false, blobs });
		kept.use(recorded);
		differences.push(await compareStep(on, [recorded], listing));
		return recorded;
	};
	const places: Place[] = [];
	let last: Pick<RecordedOperation, "directory" | "after"> = { directory: base, after: listing };
	for (let depth = 1; depth <= deepSteps; depth++) {
		const recorded = await goOn(transaction, last);
		last = recorded;
		if (depth % stepsBetweenPlaces !== 0) continue;
		places.push({ depth, savepoint: transaction.savepoint(), recorded });
		differences.push(await look(transaction, recorded.after));
	}
	for (const { depth, savepoint, recorded } of places) {
		await using fork = transaction.fork(savepoint);
		differences.push(compareTree(`fork at ${depth}`, fork, recorded.after), await look(fork, recorded.after));
		await goOn(fork, recorded);
	}
	for (const { depth, savepoint, recorded } of places.reverse()) {
		transaction.rollbackTo(savepoint);
		differences.push(compareTree(`back to ${depth}`, transaction, recorded.after));
		differences.push(await look(transaction, recorded.after));
		await goOn(transaction, recorded);
	}
	return differences.filter((difference) => difference !== null);
}

/** Yields operations without end, in an order that the seed decides. */
function* operationsBySeed(seed: number): Generator<(typeof treeOperations)[number], never> {
	let state = seed >>> 0;
	for (;;) {
		// A linear congruential generator: Numerical Recipes, 7.1.
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		const operation = treeOperations[Math.floor((state / 2 ** 32) * treeOperations.length)];
		if (operation !== undefined) yield operation;
	}
}
