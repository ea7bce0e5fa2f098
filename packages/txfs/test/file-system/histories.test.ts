import * as nodeFileSystem from "node:fs";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TreePath } from "@retake/changeset";
import { DirectoryOracle, listTree } from "@retake/testkit";
import type { Savepoint } from "@retake/txfs";
import { expect, test } from "vitest";
import { openTransactions } from "../open-transactions.ts";
import { drawOperation, outcomeOf, seededNumbers } from "./random-operation.ts";

/** More of them: RETAKE_HISTORIES=1000 vitest run packages/txfs/test/file-system/histories */
const histories = Number(process.env["RETAKE_HISTORIES"] ?? 12);
const firstSeed = Number(process.env["RETAKE_SEED"] ?? 1);
const operationsEach = 120;

/** Plants the base: `a` to `e` as files and directories of each other. */
function plantBase(root: string): void {
	mkdirSync(join(root, "a/b"), { recursive: true });
	mkdirSync(join(root, "c/d/e"), { recursive: true });
	for (const path of ["a/a", "a/b/c", "b", "c/d/a", "c/e"]) writeFileSync(join(root, path), `base of ${path}`);
}

for (const name of ["memory", "copy", "overlay"] as const) {
	test(`random histories on transaction.fs and a directory agree, ${name}, seeds from ${firstSeed}`, {
		timeout: 600_000,
	}, async () => {
		using base = DirectoryOracle.empty();
		plantBase(base.path);
		await using transactions = await openTransactions(base.path, name, 20);
		const counts = { operations: 0, failures: 0, flushes: 0, steps: 0, rollbacks: 0 };
		for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
			const random = seededNumbers(seed);
			using oracles = new DisposableStack();
			let oracle = oracles.use(DirectoryOracle.copyOf(base.path));
			// Errors name paths: both file systems must see the tree under the same one.
			await using transaction = transactions.begin({ mount: "/history" });
			const kept: { readonly savepoint: Savepoint; readonly oracle: DirectoryOracle }[] = [];
			const done: string[] = [];
			const flush = async (): Promise<void> => {
				await transaction.flush();
				counts.flushes++;
				expect(listTree(transaction), `seed ${seed}: ${done.join("; ")}`).toEqual(oracle.list());
			};
			for (let count = 0; count < operationsEach; count++) {
				const operation = drawOperation(random);
				done.push(operation.text);
				const expected = JSON.stringify(outcomeOf(operation, nodeFileSystem, oracle.path)).replaceAll(
					oracle.path,
					"/history",
				);
				const seen = JSON.stringify(outcomeOf(operation, transaction.fs, "/history"));
				expect(seen, `seed ${seed}: ${done.join("; ")}`).toBe(expected);
				counts.operations++;
				if (expected.startsWith('{"code"')) counts.failures++;
				const turn = random();
				if (turn < 0.08) await flush();
				else if (turn < 0.12) {
					await flush();
					kept.push({ savepoint: transaction.savepoint(), oracle: oracles.use(DirectoryOracle.copyOf(oracle.path)) });
				} else if (turn < 0.15) {
					const written = Buffer.from(`step ${count}`);
					await transaction.step(async (layer) => layer.writeFile("stepped" as TreePath, [written], 0o644));
					writeFileSync(join(oracle.path, "stepped"), written);
					counts.steps++;
				} else if (turn < 0.18 && kept.length > 0) {
					const at = Math.floor(random() * kept.length);
					const [back] = kept.splice(at).slice(0, 1) as [(typeof kept)[number]];
					transaction.rollbackTo(back.savepoint);
					oracle = back.oracle;
					done.push("back");
					counts.rollbacks++;
				}
			}
			await flush();
		}
		// Histories in which nothing works, or nothing fails, would show nothing.
		expect(counts.failures).toBeGreaterThan(counts.operations / 10);
		expect(counts.failures).toBeLessThan((counts.operations * 9) / 10);
		expect(Math.min(counts.flushes, counts.steps, counts.rollbacks)).toBeGreaterThan(0);
		process.stdout.write(`${name}, seeds ${firstSeed} to ${firstSeed + histories - 1}: ${JSON.stringify(counts)}\n`);
	});
}
