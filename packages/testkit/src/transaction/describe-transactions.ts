import type { Blobs, TreePath } from "@retake/changeset";
import type { Transaction } from "@retake/txfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareStep, compareTree } from "./compare-step.ts";
import { compareDeepStack, deepSteps } from "./deep-stack.ts";
import { DirectoryOracle } from "./directory-oracle.ts";
import { listTree } from "./list-tree.ts";
import { recordOperation } from "./recorded-operation.ts";
import { operationsBase, treeOperations } from "./tree-write.ts";

/** A way to begin transactions, made ready over one base directory. */
export interface TransactionHarness extends AsyncDisposable {
	readonly blobs: Blobs;
	/** Begins a transaction over the base. */
	begin(): Transaction;
}

/** Decides which operations a deep stack is made of. */
const deepSeed = 20_260_801;

/**
 * Describes what every kind of transaction must do, each case compared with a plain directory: every pair of operations in
 * one step and in two, savepoints, rollback and forks around every pair, a deep stack, and misuse. `open` gets the base directory.
 */
export function describeTransactions(name: string, open: (baseDirectory: string) => Promise<TransactionHarness>): void {
	describe(name, () => {
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

		test("the base is what the directory holds", () => {
			expect(listTree(harness.begin())).toEqual(base.list());
		});

		for (const first of treeOperations) {
			test(`${first.name}, then every other operation, in one step and around savepoints and forks`, async () => {
				const differences: (string | null)[] = [];
				const listing = base.list();
				const { blobs } = harness;
				using one = recordOperation(base, listing, first, { keepsLinks: false, blobs });
				for (const second of treeOperations) {
					const what = `${first.name} | ${second.name}`;
					using together = recordOperation(one.directory, one.after, second, { keepsLinks: true, blobs });
					using apart = recordOperation(one.directory, one.after, second, { keepsLinks: false, blobs });
					await using inOne = harness.begin();
					differences.push(await compareStep(inOne, [one, together], listing));

					await using transaction = harness.begin();
					differences.push(await compareStep(transaction, [one], listing));
					const savepoint = transaction.savepoint();
					differences.push(await compareStep(transaction, [apart], listing));
					await using fork = transaction.fork();
					await using earlyFork = transaction.fork(savepoint);
					transaction.rollbackTo(savepoint);
					differences.push(compareTree(`${what}: rolled back`, transaction, one.after));
					using again = recordOperation(apart.directory, apart.after, first, { keepsLinks: true, blobs });
					using inFork = recordOperation(apart.directory, apart.after, first, { keepsLinks: false, blobs });
					differences.push(
						await compareStep(transaction, [apart, again], listing),
						compareTree(`${what}: the fork has not moved`, fork, apart.after),
						await compareStep(fork, [inFork], listing),
						compareTree(`${what}: fork at the savepoint`, earlyFork, one.after),
						await compareStep(earlyFork, [apart], listing),
					);
				}
				expect(differences.filter((difference) => difference !== null)).toEqual([]);
			});
		}

		test(`${deepSteps} steps deep, with forks from and rollbacks to all over the stack`, async () => {
			expect(await compareDeepStack(harness, base, deepSeed)).toEqual([]);
		});

		test("a step whose body throws leaves nothing", async () => {
			await using transaction = harness.begin();
			const failure = new Error("the tool failed");
			const failing = transaction.step(async (layer) => {
				layer.writeFile("a" as TreePath, [Buffer.from("half")], 0o644);
				throw failure;
			});
			await expect(failing).rejects.toBe(failure);
			expect(listTree(transaction)).toEqual(base.list());
			expect(transaction.savepoint().depth).toBe(0);
		});

		test("a write that fails half-way leaves what was there", async () => {
			await using transaction = harness.begin();
			const { changeset } = await transaction.step(async (layer) => {
				const bytes = function* (): Generator<Uint8Array> {
					yield Buffer.from("half");
					throw new Error("the source failed");
				};
				expect(() => layer.writeFile("a" as TreePath, bytes(), 0o644)).toThrow("the source failed");
			});
			expect(changeset.changes).toEqual([]);
			expect(listTree(transaction)).toEqual(base.list());
		});

		test("git directories and Retake's own are reported, and are no change", async () => {
			await using transaction = harness.begin();
			const { changeset, refused } = await transaction.step(async (layer) => {
				for (const path of [
					"d/.git/hooks/pre-commit",
					".GIT/config",
					".retake/journal",
					"d/.retake/kept",
					"d/.gitignore",
				]) {
					layer.writeFile(path as TreePath, [Buffer.from(path)], 0o755);
				}
			});
			expect(changeset.changes.map(({ path }) => path)).toEqual(["d/.gitignore", "d/.retake", "d/.retake/kept"]);
			expect(refused.toSorted((left, right) => (left.path < right.path ? -1 : 1))).toEqual([
				{ path: ".GIT", reason: "git-directory" },
				{ path: ".retake", reason: "own-directory" },
				{ path: "d/.git", reason: "git-directory" },
			]);
		});

		test("names that are not UTF-8 and contents of any bytes come back", async () => {
			await using transaction = harness.begin();
			const names = ["caf\u00e9", "\u{1f600}", "raw\udcff\udc80", "new\nline", "-rf", "sp ace", "\ufeffmark"];
			const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
			await transaction.step(async (layer) => {
				for (const name of names) layer.writeFile(`odd/${name}` as TreePath, [bytes], 0o600);
			});
			expect(
				transaction
					.entries("odd" as TreePath)
					.map(({ name }) => name)
					.toSorted(),
			).toEqual(names.toSorted());
			for (const name of names)
				expect(Buffer.concat([...transaction.chunks(`odd/${name}` as TreePath)])).toEqual(bytes);
		});

		test("misuse is answered with the way out", async () => {
			await using transaction = harness.begin();
			await using other = harness.begin();
			const first = transaction.savepoint();
			await transaction.step(async (layer) => {
				layer.writeFile("x" as TreePath, [], 0o644);
				await expect(transaction.step(async () => {})).rejects.toMatchObject({ code: "USAGE", sort: "misuse" });
				expect(() => transaction.rollback()).toThrow(expect.objectContaining({ code: "USAGE" }));
				expect(() => transaction.rollbackTo(first)).toThrow(expect.objectContaining({ code: "USAGE" }));
			});
			const later = transaction.savepoint();
			expect(() => other.rollbackTo(first)).toThrow(expect.objectContaining({ code: "USAGE" }));
			transaction.rollbackTo(first);
			expect(() => transaction.rollbackTo(later)).toThrow(expect.objectContaining({ code: "USAGE" }));
			expect(() => transaction.fork(later)).toThrow(expect.objectContaining({ code: "USAGE" }));
			transaction.rollback();
			transaction.rollback();
			expect(() => transaction.changes()).toThrow(expect.objectContaining({ code: "SESSION_CLOSED" }));
			expect(() => transaction.entries(null)).toThrow(expect.objectContaining({ code: "SESSION_CLOSED" }));
		});
	});
}
