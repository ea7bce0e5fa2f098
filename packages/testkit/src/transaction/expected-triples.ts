import { createMemoryBlobs } from "@retake/changeset";
import { thirdRecorder } from "./compare-triples.ts";
import type { DirectoryOracle } from "./directory-oracle.ts";
import type { TreeListing } from "./list-directory.ts";
import { recordOperation } from "./recorded-operation.ts";
import { type TreeOperation, treeOperations } from "./tree-write.ts";

/** The ways in which three operations are split over steps: how many each step has. */
export const splits = [[3], [2, 1], [1, 2], [1, 1, 1]] as const;

/** Three operations by their numbers. */
export type Triple = readonly [first: number, second: number, third: number];

/** For each of the splits, what a plain directory holds after each step. */
export type ExpectedTriple = readonly (readonly TreeListing[])[];

/** Does triples of operations in copies of a directory. They come sorted. */
export function expectTriples(base: DirectoryOracle, triples: readonly Triple[]): readonly ExpectedTriple[] {
	const blobs = createMemoryBlobs();
	const listing = base.list();
	return groups(triples, ([first]) => first).flatMap(([first, beginning]) => {
		using one = recordOperation(base, listing, operationOf(first), { keepsLinks: false, blobs });
		return groups(beginning, ([, second]) => second).flatMap(([second, pairs]) => {
			const operation = operationOf(second);
			using together = recordOperation(one.directory, one.after, operation, { keepsLinks: true, blobs });
			using apart = recordOperation(one.directory, one.after, operation, { keepsLinks: false, blobs });
			const record = thirdRecorder(blobs, [operationOf(first), operation]);
			return pairs.map(([, , third]): ExpectedTriple => {
				const after = (last: typeof apart, keepsLinks: boolean): TreeListing =>
					record(last, operationOf(third), keepsLinks).after;
				return [
					[after(together, true)],
					[together.after, after(together, false)],
					[one.after, after(apart, true)],
					[one.after, apart.after, after(apart, false)],
				];
			});
		});
	});
}

function groups(triples: readonly Triple[], by: (triple: Triple) => number): [number, Triple[]][] {
	return [...Map.groupBy(triples, by)];
}

function operationOf(number: number): TreeOperation {
	const operation = treeOperations[number];
	if (operation === undefined) throw new RangeError(`there is no operation ${number}`);
	return operation;
}
