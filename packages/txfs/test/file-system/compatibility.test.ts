import * as nodeFileSystem from "node:fs";
import { DirectoryOracle, listTree, type TreeListing } from "@retake/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenTransactions, openTransactions } from "../open-transactions.ts";
import { callForms } from "./call-forms.ts";
import { type Call, failureOf, type MatrixOperation, matrixOperations } from "./matrix-operations.ts";
import { plantMatrix } from "./matrix-places.ts";

const outcomeOf = async (operation: MatrixOperation, call: Call, place: string, root: string): Promise<unknown> =>
	operation.run(call, `${root}/${place}`, root).then((value) => ({ value: value ?? null }), failureOf);

/** How each form is called on each backend; what the forms share need not be seen three times. */
const formsOf = { memory: ["sync", "callback", "promise"], copy: ["sync"], overlay: ["sync"] } as const;

for (const name of ["memory", "copy", "overlay"] as const) {
	describe(`transaction.fs, ${name}, beside node:fs`, () => {
		let oracle: DirectoryOracle;
		let planted: TreeListing;
		let transactions: OpenTransactions;
		beforeAll(async () => {
			oracle = DirectoryOracle.empty();
			plantMatrix(oracle.path);
			planted = oracle.list();
			transactions = await openTransactions(oracle.path, name, 100);
		});
		afterAll(async () => {
			oracle[Symbol.dispose]();
			await transactions[Symbol.asyncDispose]();
		});
		for (const operation of matrixOperations) {
			const forms = formsOf[name].filter((form) => operation.without?.includes(form) !== true);
			test.for(forms)(`${operation.name}, %s`, async (form) => {
				for (const place of operation.places) {
					const what = `${form}: ${operation.name} at ${place.slice(0, 40)}`;
					await using transaction = transactions.begin({ mount: oracle.path });
					const expected = await outcomeOf(operation, callForms[form](nodeFileSystem), place, oracle.path);
					const seen = await outcomeOf(operation, callForms[form](transaction.fs), place, oracle.path);
					expect.soft(seen, what).toEqual(expected);
					const left = oracle.list();
					const isChanged = JSON.stringify([...left]) !== JSON.stringify([...planted]);
					if (isChanged) plantMatrix(oracle.path);
					if (operation.name === "mkdtemp") continue;
					if ((await transaction.flush()) === null) expect.soft(left, `${what}: nothing to flush`).toEqual(planted);
					else expect.soft(listTree(transaction), `${what}: afterwards`).toEqual(left);
				}
			});
		}
	});
}
