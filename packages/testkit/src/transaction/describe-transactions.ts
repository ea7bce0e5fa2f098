import type { Blobs, TreePath } from "@retake/changeset";
import type { Transaction } from "@retake/txfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DirectoryOracle } from "./directory-oracle.ts";
import { listChangeset, listDifference, listTree } from "./list-tree.ts";
import { perform } from "./perform.ts";
import { operationsBase, type TreeOperation, treeOperations } from "./tree-write.ts";

/** A way to begin transactions, made ready over one base directory. */
export interface TransactionHarness extends AsyncDisposable {
	readonly blobs: Blobs;
	/** Begins a transaction over the base. */
	begin(): Transaction;
}

/**
 * Describes what every kind of transaction must do, each case compared with a plain directory: every pair of operations in
 * one step and in two, savepoints, rollback and forks around every pair, and misuse. `open` gets the base directory.
 */
export function describeTransactions(name: string, open: (baseDirectory: string) => Promise<TransactionHarness>): void {
	describe(name, () => {
		let base: DirectoryOracle;
		let harness: TransactionHarness;
		beforeAll(async () => {
			base = new DirectoryOracle();
			for (const write of operationsBase) base.write(write);
			harness = await open(base.path);
		});
		afterAll(async () => {
			await harness[Symbol.asyncDispose]();
			base[Symbol.dispose]();
		});

		const step = (transaction: Transaction, oracle: DirectoryOracle, operations: readonly TreeOperation[]) =>
			transaction.step(async (layer) => {
				for (const operation of operations) perform(operation, layer, oracle, harness.blobs);
			});
		const agree = (transaction: Transaction, oracle: DirectoryOracle, what: string): void => {
			expect(listTree(transaction), what).toEqual(oracle.list());
			expect(listChangeset(transaction.changes()), `${what}: all changes`).toEqual(
				listDifference(base.list(), oracle.list()),
			);
		};

		test("the base is what the directory holds", () => {
			expect(listTree(harness.begin())).toEqual(base.list());
		});

		for (const first of treeOperations) {
			test(`${first.name}, then every other operation, in one step`, async () => {
				for (const second of treeOperations) {
					using oracle = new DirectoryOracle(base.path);
					await using transaction = harness.begin();
					const { changeset } = await step(transaction, oracle, [first, second]);
					const what = `${first.name}; ${second.name}`;
					agree(transaction, oracle, what);
					expect(listChangeset(changeset), what).toEqual(listDifference(base.list(), oracle.list()));
				}
			});

			test(`${first.name}, then every other operation, around savepoints and forks`, async () => {
				for (const second of treeOperations) {
					const what = `${first.name} | ${second.name}`;
					using early = new DirectoryOracle(base.path);
					await using transaction = harness.begin();
					await step(transaction, early, [first]);
					agree(transaction, early, what);
					const savepoint = transaction.savepoint();
					using late = new DirectoryOracle(early.path);
					const { changeset } = await step(transaction, late, [second]);
					agree(transaction, late, what);
					expect(listChangeset(changeset), `${what}: the step`).toEqual(listDifference(early.list(), late.list()));
					await using fork = transaction.fork();
					await using earlyFork = transaction.fork(savepoint);
					agree(earlyFork, early, `${what}: fork at the savepoint`);
					transaction.rollbackTo(savepoint);
					agree(transaction, early, `${what}: rolled back`);
					using again = new DirectoryOracle(early.path);
					await step(transaction, again, [second, first]);
					agree(transaction, again, `${what}: after the rollback`);
					agree(fork, late, `${what}: the fork has not moved`);
				}
			});
		}

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
