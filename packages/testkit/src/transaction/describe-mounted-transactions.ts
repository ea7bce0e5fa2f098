import type { Transaction } from "@retake/txfs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operator } from "./compare-program.ts";
import { compareLines, compareTree, linesOf } from "./compare-step.ts";
import { compareDeepStack } from "./deep-stack.ts";
import type { TransactionHarness } from "./describe-transactions.ts";
import { DirectoryOracle } from "./directory-oracle.ts";
import type { TreeListing } from "./list-directory.ts";
import type { OperationReport } from "./operate.ts";
import { type CommandInside, runInside } from "./run-inside.ts";
import { operationsBase } from "./tree-write.ts";

/** Decides which operations a deep stack is made of. */
const deepSeed = 20_260_802;

/**
 * Describes what every kind of transaction must do whose steps a program can be run on: what only a program can leave behind,
 * and a stack deeper than one mount takes. `open` gets the base directory.
 */
export function describeMountedTransactions(
	name: string,
	inside: CommandInside,
	open: (baseDirectory: string) => Promise<TransactionHarness>,
): void {
	describe(`${name}, with programs on its steps`, () => {
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

		const run = (transaction: Transaction, script: string) =>
			transaction.step(async (layer) => runInside(inside, layer, ["sh", "-c", `cd "$1" && { ${script}; }`, "sh"]));
		const paths = ({ changeset }: Awaited<ReturnType<typeof run>>) => changeset.changes.map(({ path }) => path);

		test("a fifo or socket is refused by name, and the next step begins without it", async () => {
			await using transaction = harness.begin();
			const refused = run(transaction, "rm a; echo more >> d/f; mkfifo pipe d/pipe");
			await expect(refused).rejects.toMatchObject({
				code: "TREE_REFUSED",
				data: { paths: expect.arrayContaining(["pipe", "d/pipe"]) },
			});
			expect(await run(transaction, "cat a d/f; ls")).toMatchObject({ value: "alphainnera\nd\nempty\nl\n" });
			expect(compareTree("after the refusal", transaction, base.list())).toBe(null);
		});

		test("a setuid bit is no change, and is reported by the step that set it", async () => {
			await using transaction = harness.begin();
			const setting = await run(transaction, "chmod u+s d/e/g; chmod g+s d/z");
			expect(paths(setting)).toEqual([]);
			expect(setting.refused.map(({ path, reason }) => `${path} ${reason}`).toSorted()).toEqual([
				"d/e/g set-id-bit",
				"d/z set-id-bit",
			]);
			expect((await run(transaction, "echo more >> a")).refused).toEqual([]);
		});

		test("hard links last as long as the step that makes them", async () => {
			await using transaction = harness.begin();
			const linking = await run(transaction, "ln a hard; printf beta > hard; cat a");
			expect(linking).toMatchObject({ value: "beta" });
			expect(paths(linking)).toEqual(["a", "hard"]);
			const linked = transaction.savepoint();
			for (const [name, other] of [
				["hard", "a"],
				["a", "hard"],
			]) {
				expect(paths(await run(transaction, `printf gamma > ${name}; chmod 751 ${name}`))).toEqual([name]);
				expect(await run(transaction, `cat ${other}; cat ${name}`)).toMatchObject({ value: "betagamma" });
				expect(paths(await run(transaction, `mv ${name} moved; rm ${other}`))).toEqual(["a", "hard", "moved"]);
				transaction.rollbackTo(linked);
			}
		});

		test("what is written under one of the hard links of a base is written under no other", async () => {
			using linked = DirectoryOracle.empty();
			linked.write({ kind: "file", path: "a", text: "alpha", mode: 0o644 });
			for (const to of ["b", "c"]) linked.write({ kind: "link", path: "a", to });
			await using opened = await open(linked.path);
			for (const name of ["a", "b", "c"]) {
				await using transaction = opened.begin();
				expect(paths(await run(transaction, `printf beta >> ${name}; cat a b c > seen`))).toEqual([name, "seen"]);
				const seen = await run(transaction, "cat seen a b c");
				const texts = ["a", "b", "c"].map((each) => (each === name ? "alphabeta" : "alpha")).join("");
				expect(seen).toMatchObject({ value: texts + texts });
			}
		});

		test("a git directory of the program's own stays for later steps and forks, and goes with a rollback", async () => {
			await using transaction = harness.begin();
			const start = transaction.savepoint();
			const made = await run(transaction, "mkdir -p .git/hooks d/.git; printf one > .git/config; mkfifo .git/pipe");
			expect(paths(made)).toEqual([]);
			expect(made.refused.map(({ path }) => path).toSorted()).toEqual([".git", "d/.git"]);
			const withGit = transaction.savepoint();
			expect(await run(transaction, "cat .git/config")).toMatchObject({ value: "one", refused: [] });
			const changed = await run(transaction, "printf two > .git/config; rmdir d/.git");
			expect(changed.refused.map(({ path }) => path).toSorted()).toEqual([".git", "d/.git"]);
			await using fork = transaction.fork(withGit);
			transaction.rollbackTo(withGit);
			const look = "cat .git/config; ls d/.git .git/hooks > /dev/null";
			for (const each of [transaction, fork]) expect(await run(each, look)).toMatchObject({ value: "one" });
			const failure = new Error("the tool failed");
			const failing = transaction.step(async (layer) => {
				runInside(inside, layer, ["sh", "-c", 'cd "$1" && printf three > .git/config && rm -r d', "sh"]);
				throw failure;
			});
			await expect(failing).rejects.toBe(failure);
			expect(await run(transaction, `${look}; cat d/f`)).toMatchObject({ value: "oneinner" });
			transaction.rollbackTo(start);
			expect(await run(transaction, "ls -A")).toMatchObject({ value: "a\nd\nempty\nl\n" });
		});

		test("a fifo in a git directory of the program's own is in nobody's way", async () => {
			await using transaction = harness.begin();
			await run(transaction, "mkdir .git; mkfifo .git/pipe; printf one > .git/config; ln -s config .git/link");
			for (const text of ["1", "2", "3", "4"]) await run(transaction, `printf ${text} > a`);
			expect(await run(transaction, "cat .git/link a")).toMatchObject({ value: "one4" });
			await using fork = transaction.fork();
			expect(await run(fork, "cat .git/link a")).toMatchObject({ value: "one4" });
		});

		test("what its owner may not read is captured, and stays as it is", async () => {
			await using transaction = harness.begin();
			const locking = "mkdir locked; printf s > locked/f; chmod 0 locked/f locked; chmod 0 a; chmod 500 d/e";
			expect(paths(await run(transaction, locking))).toEqual(["a", "d/e", "locked", "locked/f"]);
			const start = transaction.savepoint();
			const modes = "stat -c %a a d/e locked";
			expect(await run(transaction, modes)).toMatchObject({ value: "0\n500\n0\n" });
			await run(transaction, "chmod 700 locked; rm -r locked; chmod 600 a");
			transaction.rollbackTo(start);
			expect(await run(transaction, modes)).toMatchObject({ value: "0\n500\n0\n" });
			expect(Buffer.concat([...transaction.chunks("locked/f" as never)]).toString()).toBe("s");
		});

		test("times to the nanosecond and holes come back by rollback, and are in forks", async () => {
			await using transaction = harness.begin();
			const at = "2001-02-03 04:05:06.123456789 +0000";
			const made = await run(transaction, `truncate -s 1M sparse; touch -h -d '${at}' a l d/e sparse`);
			expect(paths(made)).toEqual(["sparse"]);
			expect(made.attributes.entries.map(({ path }) => path)).toEqual(
				expect.arrayContaining(["a", "d/e", "l", "sparse"]),
			);
			const savepoint = transaction.savepoint();
			await run(transaction, "rm sparse l; echo more >> a; touch d/e d/e/new");
			await using fork = transaction.fork(savepoint);
			transaction.rollbackTo(savepoint);
			const look = "TZ=UTC stat -c '%y %n' a l d/e sparse; stat -c '%b %s' sparse; rm a l sparse; touch d/e";
			const seen = `${["a", "l", "d/e", "sparse"].map((path) => `${at} ${path}\n`).join("")}0 1048576\n`;
			for (const each of [transaction, fork]) expect(await run(each, look)).toMatchObject({ value: seen });
			await expect(transaction.step(async () => Promise.reject(new Error("the tool failed")))).rejects.toThrow();
			transaction.rollbackTo(savepoint);
			expect(await run(transaction, look)).toMatchObject({ value: seen });
		});

		test("a file that keeps its size and its time of writing is captured", async () => {
			await using transaction = harness.begin();
			for (const text of ["bravo", "gamma", "delta", "sigma", "omega", "kappa"]) {
				const rewriting = `touch -r a empty; printf ${text} > a; touch -r empty a`;
				expect(paths(await run(transaction, rewriting))).toEqual(["a"]);
				expect(Buffer.concat([...transaction.chunks("a" as never)]).toString()).toBe(text);
			}
		});

		test("a deep stack shows a program what it should, folded or not", async () => {
			const look = async (transaction: Transaction, listing: TreeListing): Promise<string | null> => {
				await using fork = transaction.fork();
				const { value, changeset } = await fork.step(async (layer) =>
					runInside(inside, layer, operator, JSON.stringify([[".", []]])),
				);
				const [seen] = JSON.parse(value) as OperationReport;
				expect(changeset.changes).toEqual([]);
				return compareLines("what a program sees", linesOf(new Map(seen?.[1])), linesOf(listing));
			};
			expect(await compareDeepStack(harness, base, deepSeed, look)).toEqual([]);
		});
	});
}
