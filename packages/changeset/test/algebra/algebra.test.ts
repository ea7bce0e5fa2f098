import { type Change, comparePaths, createChangeset, emptyChangeset } from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { type Algebra, laws, ourAlgebra } from "./laws.ts";

const runs = { seed: 20_260_401, numRuns: 400 };

describe(`laws of changesets, over ${runs.numRuns} histories each from seed ${runs.seed}`, () => {
	test.each(Object.entries(laws))("%s", (_, law) => law(ourAlgebra, runs));
});

/** Each spoils one operation in one way. */
const mutants: Readonly<Record<string, Partial<Algebra>>> = {
	"compose takes the second's word for what was there before": {
		compose: (first, second) => createChangeset(new Map([...keyed(first), ...keyed(second)]).values()),
	},
	"compose forgets what only the first changed": {
		compose: (first, second) => {
			const composed = ourAlgebra.compose(first, second);
			const paths = new Set(second.changes.map(({ path }) => path));
			return createChangeset(composed.changes.filter(({ path }) => paths.has(path)));
		},
	},
	"compose forgets what only the second changed": {
		compose: (first, second) => {
			const composed = ourAlgebra.compose(first, second);
			const paths = new Set(first.changes.map(({ path }) => path));
			return createChangeset(composed.changes.filter(({ path }) => paths.has(path)));
		},
	},
	"compose keeps a path that ends as it began": {
		compose: (first, second) => {
			const { changes } = ourAlgebra.compose(first, second);
			const kept = new Set(changes.map(({ path }) => path));
			const ends = new Map(keyed(second));
			const idle = first.changes.filter(({ path }) => ends.has(path) && !kept.has(path));
			const added = idle.map(({ path, was }) => ({ path, was, now: was }));
			return {
				kind: "changeset",
				changes: [...changes, ...added].sort((left, right) => comparePaths(left.path, right.path)),
			};
		},
	},
	"compose does not ask whether the second follows": {
		compose: (first, second) => {
			const starts = new Map(keyed(first).map(([path, { was }]) => [path, was]));
			const later = second.changes.map((change) => ({ ...change, was: starts.get(change.path) ?? change.was }));
			const paths = new Set(second.changes.map(({ path }) => path));
			return createChangeset([...first.changes.filter(({ path }) => !paths.has(path)), ...later]);
		},
	},
	"compose swaps its sides": { compose: (first, second) => ourAlgebra.compose(second, first) },
	"invert does nothing": { invert: (changeset) => changeset },
	"invert forgets to bring back what was deleted": {
		invert: (changeset) => createChangeset(ourAlgebra.invert(changeset).changes.filter(({ was }) => was !== null)),
	},
	"invert leaves modes as they are": {
		invert: (changeset) =>
			createChangeset(
				ourAlgebra
					.invert(changeset)
					.changes.map((change) =>
						change.was?.kind === "file" && change.now?.kind === "file"
							? { ...change, now: { ...change.now, mode: change.was.mode } }
							: change,
					),
			),
	},
	"diff sees no modes of directories": {
		diffTrees: (before, after) =>
			createChangeset(
				ourAlgebra
					.diffTrees(before, after)
					.changes.filter(({ was, now }) => was?.kind !== "directory" || now?.kind !== "directory"),
			),
	},
	"diff names a deleted directory but not what was in it": {
		diffTrees: (before, after) =>
			createChangeset(
				ourAlgebra.diffTrees(before, after).changes.filter(({ path, now }) => now !== null || !path.includes("/")),
			),
	},
	"diff finds nothing": { diffTrees: () => emptyChangeset },
	"conflicts see no directory that keeps something": {
		findConflicts: (changeset, tree) =>
			ourAlgebra.findConflicts(changeset, tree).filter(({ reason }) => reason !== "directory-not-empty"),
	},
	"the codec loses the last change": {
		encodeChangeset: ({ changes }) => ourAlgebra.encodeChangeset(createChangeset(changes.slice(0, -1))),
	},
};

function keyed({ changes }: { readonly changes: readonly Change[] }) {
	return changes.map((change) => [change.path, change] as const);
}

describe("control: a spoilt operation breaks a law", () => {
	test.each(Object.entries(mutants))("%s", (_, mutant) => {
		const isBroken = Object.values(laws).some((law) => {
			try {
				law({ ...ourAlgebra, ...mutant }, runs);
				return false;
			} catch {
				return true;
			}
		});
		expect(isBroken).toBe(true);
	});
});
