import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareTriples, type TripleChoice, type TripleFigures } from "./compare-triples.ts";
import type { TransactionHarness } from "./describe-transactions.ts";
import { DirectoryOracle } from "./directory-oracle.ts";
import { operationsBase, treeOperations } from "./tree-write.ts";

declare module "vitest" {
	interface TaskMeta {
		/** What a test of triples found, and of which kind of transaction. */
		triples?: TripleFigures & { readonly of: string };
	}
}

/**
 * Describes that triples of operations come to the same in a transaction as in a plain directory, in one step and split over
 * steps in every way, with rollbacks between. `isChosen` says which of all triples are tried. `open` gets the base directory.
 */
export function describeTriples(
	name: string,
	isChosen: TripleChoice,
	open: (baseDirectory: string) => Promise<TransactionHarness>,
): void {
	describe(`${name}: triples of operations`, () => {
		let base: DirectoryOracle;
		let harness: TransactionHarness;
		beforeAll(async () => {
			base = DirectoryOracle.empty();
			for (const write of operationsBase) base.write(write);
			harness = await open(base.path);
		});
		afterAll(async () => {
			await harness[Symbol.asyncDispose]();
			base[Symbol.dispose]();
		});

		for (const first of treeOperations) {
			test(`${first.name}, then two others`, async ({ task }) => {
				const figures = await compareTriples(harness, base, first, isChosen);
				task.meta.triples = { ...figures, of: name };
				expect(figures.differences).toEqual([]);
				expect(figures.triples).toBeGreaterThan(0);
			});
		}
	});
}
