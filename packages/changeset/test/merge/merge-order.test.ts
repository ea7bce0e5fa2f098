import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import {
	applyToTree,
	type Blobs,
	type Changeset,
	createMemoryBlobs,
	diffTrees,
	findConflicts,
	type MemoryTree,
	type MergeResult,
	mergeChangesets,
	type TreeNode,
	treePath,
} from "@retake/changeset";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryBlobs, arbitraryFork } from "../model/arbitrary-history.ts";
import { contentsOf, file, type Leaves, mutated, randomLeaves, treeOf } from "../model/model-tree.ts";
import { below, pick, type Random, seeded } from "../model/random.ts";

const seed = 20_260_403;

/** Every order of the numbers below a count. */
function orders(count: number): number[][] {
	if (count === 0) return [[]];
	return orders(count - 1).flatMap((order) =>
		Array.from({ length: count }, (_, place) => [...order.slice(0, place), count - 1, ...order.slice(place)]),
	);
}

type Merge = (changesets: readonly Changeset[]) => MergeResult;

/** What a merge says, whichever order its sides were given in. */
function inOrder(merge: Merge, changesets: readonly Changeset[], order: readonly number[]): unknown {
	const { merged, conflicts } = merge(order.map((index) => changesets[index] as Changeset));
	return {
		merged,
		conflicts: conflicts.map(({ sides, ...conflict }) => ({
			...conflict,
			sides: changesets.map((_, index) => sides[order.indexOf(index)]),
		})),
	};
}

const mergeIn =
	(blobs: Blobs): Merge =>
	(changesets) =>
		mergeChangesets({ changesets, blobs });

/** One small change, as a candidate would make it: an edit at one place, another mode, a file moved, deleted or made. */
function touched(random: Random, blobs: Blobs, leaves: Leaves): Leaves {
	const result: Leaves = new Map(leaves);
	const [path, node] = pick(random, [...leaves]);
	const choice = random();
	if (choice < 0.15) result.delete(path);
	if (choice < 0.1) result.set(treePath(pick(random, ["moved", "d/moved"])), node);
	else if (choice < 0.2) result.set(treePath("made"), file(blobs, pick(random, ["one\n", "other\n"])));
	else if (choice < 0.3) result.set(path, { ...node, mode: 0o755 } as TreeNode);
	else if (choice >= 0.15 && node.kind === "file") {
		const lines = Buffer.from(blobs.read(node.content)).toString().split("\n");
		const inserted = Array.from({ length: below(random, 3) }, () => `line ${below(random, 9)}`);
		lines.splice(below(random, lines.length), below(random, 3), ...inserted);
		result.set(path, file(blobs, lines.join("\n"), node.mode));
	}
	return result;
}

/** Forks of one tree: every other one much changed, every other one a little, in texts whose lines are often alike. */
function* editedForks(sides: number, count: number, blobs: Blobs): Generator<readonly [MemoryTree, Changeset[]]> {
	const random = seeded(seed + sides);
	for (let made = 0; made < count; made++) {
		const isLight = made % 2 === 0;
		const text = () => Array.from({ length: 60 }, () => `line ${below(random, 15)}\n`).join("");
		const leaves: Leaves = isLight
			? new Map(["a", "b", "d/c"].map((path) => [treePath(path), file(blobs, text())]))
			: randomLeaves(random, blobs);
		const base = treeOf(leaves, blobs);
		const change = isLight ? touched : mutated;
		yield [base, Array.from({ length: sides }, () => diffTrees(base, treeOf(change(random, blobs, leaves), blobs)))];
	}
}

describe.each([
	[2, 400],
	[3, 400],
	[4, 150],
])("%i changesets of one base, from seed %#", (sides, count) => {
	test(`of any kind, in every order: one result or the same conflicts (${count} forks from seed ${seed})`, () => {
		fc.assert(
			fc.property(arbitraryFork(sides), ([base, trees]) => {
				const changesets = trees.map((tree) => diffTrees(base, tree));
				const [first, ...others] = orders(sides).map((order) => inOrder(mergeIn(arbitraryBlobs), changesets, order));
				for (const other of others) expect(other).toEqual(first);
			}),
			{ seed, numRuns: count },
		);
	});

	test(`of texts, in every order; and what is clean applies (${count} forks from seed ${seed + sides})`, () => {
		const blobs = createMemoryBlobs();
		const seen = { clean: 0, conflicting: 0 };
		for (const [base, changesets] of editedForks(sides, count, blobs)) {
			const [first, ...others] = orders(sides).map((order) => inOrder(mergeIn(blobs), changesets, order));
			for (const other of others) expect(other).toEqual(first);
			const { merged, conflicts } = mergeIn(blobs)(changesets);
			seen[conflicts.length === 0 ? "clean" : "conflicting"]++;
			if (conflicts.length > 0) continue;
			expect(findConflicts(merged, base)).toEqual([]);
			const after = contentsOf(applyToTree(base, merged));
			for (const [index, { changes }] of changesets.entries()) {
				const elsewhere = new Set(
					changesets.flatMap((other, at) => (at === index ? [] : other.changes.map(({ path }) => path))),
				);
				for (const { path, now } of changes)
					if (!elsewhere.has(path) && now?.kind !== "file") expect(after[path] ?? null).toEqual(now);
			}
		}
		expect(seen.clean).toBeGreaterThan(20);
		expect(seen.conflicting).toBeGreaterThan(20);
	});
});

test("a clean merge of three is what merging two and then the third gives, where that is clean", () => {
	const blobs = createMemoryBlobs();
	let compared = 0;
	for (const [base, changesets] of editedForks(3, 400, blobs)) {
		const [a, b, c] = changesets as [Changeset, Changeset, Changeset];
		const atOnce = mergeIn(blobs)(changesets);
		const two = mergeIn(blobs)([a, b]);
		if (atOnce.conflicts.length > 0) continue;
		expect(two.conflicts).toEqual([]);
		const three = mergeIn(blobs)([two.merged, c]);
		if (three.conflicts.length > 0) continue;
		compared++;
		expect(contentsOf(applyToTree(base, three.merged))).toEqual(contentsOf(applyToTree(base, atOnce.merged)));
	}
	expect(compared).toBeGreaterThan(50);
});

test("control: merging one after another, keeping what came first, depends on the order", () => {
	const blobs = createMemoryBlobs();
	const folded: Merge = ([first, ...others]) =>
		others.reduce<MergeResult>(
			(sofar, next) => {
				const { merged, conflicts } = mergeIn(blobs)([sofar.merged, next]);
				const kept = sofar.merged.changes.filter(({ path }) => conflicts.some((conflict) => conflict.path === path));
				return { merged: { kind: "changeset", changes: [...merged.changes, ...kept] }, conflicts: [] };
			},
			{ merged: first as Changeset, conflicts: [] },
		);
	let differing = 0;
	for (const [, changesets] of editedForks(3, 100, blobs)) {
		const results = orders(3).map((order) => inOrder(folded, changesets, order));
		if (results.some((result) => !isDeepStrictEqual(result, results[0]))) differing++;
	}
	expect(differing).toBeGreaterThan(30);
});
