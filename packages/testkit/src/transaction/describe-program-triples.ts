import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareProgram } from "./compare-program.ts";
import type { TripleChoice } from "./compare-triples.ts";
import { copyDirectory } from "./copy-directory.ts";
import type { TransactionHarness } from "./describe-transactions.ts";
import { DirectoryOracle } from "./directory-oracle.ts";
import { expectTriples, splits, type Triple } from "./expected-triples.ts";
import type { CommandInside } from "./run-inside.ts";
import { operationsBase, treeOperations } from "./tree-write.ts";

/** Triples that one mount serves: so many that starting programs costs little, so few that a tree of them fits anywhere. */
const triplesTogether = 841;

/**
 * Describes that triples of operations come to the same as in a plain directory where a program does them by the system calls
 * of the host, on the step's tree as a sandbox would mount it. Many are done at once, each in a directory of its own.
 */
export function describeProgramTriples(
	name: string,
	isChosen: TripleChoice,
	inside: CommandInside,
	open: (baseDirectory: string) => Promise<TransactionHarness>,
): void {
	describe(`${name}: triples of operations that a program does`, () => {
		const chosen = chosenTriples(isChosen);
		let one: DirectoryOracle;
		let all: DirectoryOracle;
		let harness: TransactionHarness;
		beforeAll(async () => {
			one = DirectoryOracle.empty();
			for (const write of operationsBase) one.write(write);
			all = DirectoryOracle.empty();
			for (let index = 0; index < Math.min(triplesTogether, chosen.length); index++) {
				const directory = join(all.path, String(index));
				mkdirSync(directory);
				copyDirectory(one.path, directory, false);
			}
			harness = await open(all.path);
		});
		afterAll(async () => {
			await harness[Symbol.asyncDispose]();
			one[Symbol.dispose]();
			all[Symbol.dispose]();
		});

		for (let start = 0; start < chosen.length; start += triplesTogether) {
			const triples = chosen.slice(start, start + triplesTogether);
			test(`${triples.length} triples from number ${start} of those chosen`, async ({ task }) => {
				const expected = expectTriples(one, triples);
				const differences: string[] = [];
				const base = one.list();
				await using transaction = harness.begin();
				const beginning = transaction.savepoint();
				for (const [split, lengths] of splits.entries()) {
					let [before, done] = [triples.map(() => base), 0];
					for (const [step, length] of lengths.entries()) {
						const plan = triples.map((triple, index) => [String(index), triple.slice(done, done + length)] as const);
						const after = expected.map((listings) => listings[split]?.[step] ?? new Map());
						const what = (index: number): string => `${namesOf(triples[index])}; step ${step} of ${lengths.join("+")}`;
						differences.push(...(await compareProgram(transaction, inside, plan, { base, before, after, what })));
						[before, done] = [after, done + length];
					}
					transaction.rollbackTo(beginning);
				}
				const steps = splits.flat().length * triples.length;
				task.meta.triples = { of: `${name}, by a program`, triples: triples.length, steps, differences };
				expect(differences).toEqual([]);
			});
		}
	});
}

function chosenTriples(isChosen: TripleChoice): readonly Triple[] {
	const count = treeOperations.length;
	return Array.from({ length: count ** 3 }, (_, number) => number)
		.filter(isChosen)
		.map((number) => [Math.floor(number / count ** 2), Math.floor(number / count) % count, number % count]);
}

function namesOf(triple: Triple | undefined): string {
	return (triple ?? []).map((number) => treeOperations[number]?.name).join("; ");
}
