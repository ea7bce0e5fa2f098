import {
	applyToTree,
	type Changeset,
	changesetId,
	compose,
	decodeChangeset,
	diffTrees,
	emptyChangeset,
	encodeChangeset,
	findConflicts,
	invert,
	type MemoryTree,
} from "@retake/changeset";
import fc from "fast-check";
import { expect } from "vitest";
import { arbitraryFork, arbitraryHistory } from "../model/arbitrary-history.ts";
import { contentsOf } from "../model/model-tree.ts";

/** The operations whose laws are checked: ours, or one of them spoilt. */
export interface Algebra {
	readonly compose: typeof compose;
	readonly invert: typeof invert;
	readonly diffTrees: typeof diffTrees;
	readonly applyToTree: typeof applyToTree;
	readonly findConflicts: typeof findConflicts;
	readonly encodeChangeset: typeof encodeChangeset;
}

export const ourAlgebra: Algebra = { compose, invert, diffTrees, applyToTree, findConflicts, encodeChangeset };

export interface Runs {
	readonly seed: number;
	readonly numRuns: number;
}

function same(left: MemoryTree, right: MemoryTree): void {
	expect(contentsOf(left)).toEqual(contentsOf(right));
}

/** Each law of changesets, by name; every one throws where it does not hold. */
export const laws: Readonly<Record<string, (algebra: Algebra, runs: Runs) => void>> = {
	"the difference of two trees makes the second of the first, and nothing where they are equal": (algebra, runs) =>
		ofHistories(runs, ([a, b]) => {
			same(algebra.applyToTree(a, algebra.diffTrees(a, b)), b);
			expect(algebra.diffTrees(a, a)).toEqual(emptyChangeset);
		}),
	"an inverse undoes, and its inverse is the changeset itself": (algebra, runs) =>
		ofHistories(runs, ([a, b]) => {
			const ab = algebra.diffTrees(a, b);
			same(algebra.applyToTree(b, algebra.invert(ab)), a);
			expect(algebra.invert(algebra.invert(ab))).toEqual(ab);
			expect(algebra.invert(ab)).toEqual(algebra.diffTrees(b, a));
		}),
	"composing is associative, and gives the difference of the outer trees": (algebra, runs) =>
		ofHistories(runs, ([a, b, c, d]) => {
			const [ab, bc, cd] = [algebra.diffTrees(a, b), algebra.diffTrees(b, c), algebra.diffTrees(c, d)];
			const left = algebra.compose(algebra.compose(ab, bc), cd);
			expect(left).toEqual(algebra.compose(ab, algebra.compose(bc, cd)));
			expect(left).toEqual(algebra.diffTrees(a, d));
		}),
	"applying what is composed is applying one after the other": (algebra, runs) =>
		ofHistories(runs, ([a, b, c]) => {
			const [ab, bc] = [algebra.diffTrees(a, b), algebra.diffTrees(b, c)];
			same(algebra.applyToTree(a, algebra.compose(ab, bc)), algebra.applyToTree(algebra.applyToTree(a, ab), bc));
		}),
	"the empty changeset is neutral, and a changeset with its inverse is empty": (algebra, runs) =>
		ofHistories(runs, ([a, b]) => {
			const ab = algebra.diffTrees(a, b);
			expect(algebra.compose(ab, emptyChangeset)).toEqual(ab);
			expect(algebra.compose(emptyChangeset, ab)).toEqual(ab);
			expect(algebra.compose(ab, algebra.invert(ab))).toEqual(emptyChangeset);
			expect(algebra.compose(algebra.invert(ab), ab)).toEqual(emptyChangeset);
			expect(algebra.invert(emptyChangeset)).toEqual(emptyChangeset);
		}),
	"the inverse of what is composed is the inverses composed the other way round": (algebra, runs) =>
		ofHistories(runs, ([a, b, c]) => {
			const [ab, bc] = [algebra.diffTrees(a, b), algebra.diffTrees(b, c)];
			expect(algebra.invert(algebra.compose(ab, bc))).toEqual(algebra.compose(algebra.invert(bc), algebra.invert(ab)));
		}),
	"what does not follow is not composed": (algebra, runs) =>
		ofHistories(runs, ([a, b, c, d]) => {
			const [first, second] = [algebra.diffTrees(a, b), algebra.diffTrees(c, d)];
			const starts = new Map(second.changes.map(({ path, was }) => [path, was]));
			const follows = first.changes.every(
				({ path, now }) => !starts.has(path) || JSON.stringify(now) === JSON.stringify(starts.get(path)),
			);
			const composing = () => algebra.compose(first, second);
			if (follows) composing();
			else expect(composing).toThrow(expect.objectContaining({ code: "CONFLICT" }));
		}),
	"a changeset fits the tree that it was made on, and the one that has it already": (algebra, runs) =>
		ofHistories(runs, ([a, b]) => {
			const ab = algebra.diffTrees(a, b);
			expect(algebra.findConflicts(ab, a)).toEqual([]);
			expect(algebra.findConflicts(ab, b)).toEqual([]);
			same(algebra.applyToTree(b, ab), b);
		}),
	"where one fits after the other, the other fits after the one, and both orders make one tree": (algebra, runs) =>
		ofForks(runs, (base, x, y) => {
			const [afterX, afterY] = [algebra.applyToTree(base, x), algebra.applyToTree(base, y)];
			const fits = algebra.findConflicts(x, afterY).length === 0;
			expect(algebra.findConflicts(y, afterX).length === 0).toBe(fits);
			if (fits) same(algebra.applyToTree(afterX, y), algebra.applyToTree(afterY, x));
		}),
	"decoding gives back what was encoded, and only equal changesets have equal ids": (algebra, runs) =>
		ofHistories(runs, ([a, b, c]) => {
			const [ab, ac] = [algebra.diffTrees(a, b), algebra.diffTrees(a, c)];
			expect(decodeChangeset(algebra.encodeChangeset(ab))).toEqual(ab);
			const isEqual = JSON.stringify(ab) === JSON.stringify(ac);
			expect(changesetId(ab) === changesetId(ac)).toBe(isEqual);
		}),
};

function ofHistories(runs: Runs, law: (history: readonly [MemoryTree, MemoryTree, MemoryTree, MemoryTree]) => void) {
	fc.assert(fc.property(arbitraryHistory, law), runs);
}

function ofForks(runs: Runs, law: (base: MemoryTree, x: Changeset, y: Changeset) => void) {
	fc.assert(
		fc.property(arbitraryFork(2), ([base, [left, right]]) => {
			if (left === undefined || right === undefined) throw new Error("two sides");
			law(base, diffTrees(base, left), diffTrees(base, right));
		}),
		runs,
	);
}
