import { Buffer } from "node:buffer";
import {
	applyToTree,
	type Changeset,
	conflictMarkers,
	createChangeset,
	createMemoryBlobs,
	diffTrees,
	emptyChangeset,
	findConflicts,
	mergeChangesets,
	type TreeNode,
	treePath,
} from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { contentsOf, file, mutated, randomLeaves, treeOf } from "./model/model-tree.ts";
import { seeded } from "./model/random.ts";

const blobs = createMemoryBlobs();
const base = file(blobs, "1\n2\n3\n4\n5\n6\n7\n");
const top = file(blobs, "one\n2\n3\n4\n5\n6\n7\n");
const bottom = file(blobs, "1\n2\n3\n4\n5\n6\nseven\n");
const both = file(blobs, "one\n2\n3\n4\n5\n6\nseven\n");
const otherTop = file(blobs, "uno\n2\n3\n4\n5\n6\n7\n");
const binary = file(blobs, "\0a");
const executable = (node: TreeNode): TreeNode => ({ ...node, mode: 0o755 }) as TreeNode;
const link = (target: string): TreeNode => ({ kind: "symlink", target });
const directory = (mode: number): TreeNode => ({ kind: "directory", mode });

const at = (was: TreeNode | null, now: TreeNode | null, path = "x"): Changeset =>
	createChangeset([{ path: treePath(path), was, now }]);
const together = (...changesets: readonly Changeset[]): Changeset =>
	createChangeset(changesets.flatMap(({ changes }) => changes));

describe("one path, changed by both sides", () => {
	type Row = readonly [string, TreeNode | null, TreeNode | null, TreeNode | null, TreeNode | null | string];
	const rows: readonly Row[] = [
		["nobody changed it", base, base, base, base],
		["ours alone", base, top, base, top],
		["theirs alone", base, base, top, top],
		["both alike", base, top, top, top],
		["both deleted it", base, null, null, null],
		["both created it alike", null, top, top, top],
		["different lines", base, top, bottom, both],
		["the same lines", base, top, otherTop, "content"],
		["content and mode", base, top, executable(base), executable(top)],
		["mode and content", base, executable(base), top, executable(top)],
		["different lines and one mode", base, executable(top), bottom, executable(both)],
		["different modes", base, executable(base), { ...base, mode: 0o600 } as TreeNode, "mode"],
		["deleted and edited", base, null, top, "delete-edit"],
		["edited and deleted", base, top, null, "delete-edit"],
		["created differently", null, top, bottom, "add-add"],
		["created with different modes", null, top, executable(top), "mode"],
		["bytes that are not text", binary, file(blobs, "\0b"), file(blobs, "\0c"), "binary"],
		["a text that became binary", base, top, binary, "binary"],
		["a file and a link", base, top, link("y"), "type"],
		["a link and a directory", null, link("y"), directory(0o755), "type"],
		["links to different places", link("a"), link("b"), link("c"), "symlink"],
		["one link moved", link("a"), link("b"), link("a"), link("b")],
		["directories' modes", directory(0o755), directory(0o700), directory(0o750), "mode"],
	];
	test.each(rows)("%s", (_, was, ours, theirs, expected) => {
		const { merged, conflicts } = mergeChangesets({ ours: at(was, ours), theirs: at(was, theirs), blobs });
		if (typeof expected === "string") {
			expect(conflicts).toEqual([{ path: "x", kind: expected, was, ours, theirs }]);
			expect(merged).toEqual(emptyChangeset);
		} else {
			expect(conflicts).toEqual([]);
			expect(merged).toEqual(at(was, expected));
		}
	});
});

describe("several paths", () => {
	test("disjoint changes are all kept", () => {
		const [ours, theirs] = [at(null, top, "a"), at(base, null, "b")];
		expect(mergeChangesets({ ours, theirs, blobs })).toEqual({ merged: together(ours, theirs), conflicts: [] });
	});

	const deletion = together(at(directory(0o755), null, "d"), at(base, null, "d/old"));
	test.each<readonly [string, Changeset, Changeset, readonly string[], readonly string[]]>([
		["a file put into a deleted directory", deletion, at(null, top, "d/new"), ["d"], ["d/new", "d/old"]],
		["a file edited in a deleted directory", deletion, at(base, top, "d/old"), ["d", "d/old"], []],
		[
			"a file below what became a file",
			together(at(directory(0o755), top, "d"), at(base, null, "d/old")),
			at(null, top, "d/new"),
			["d"],
			["d/new", "d/old"],
		],
		[
			"a file and a directory created in one place",
			at(null, top, "d"),
			together(at(null, directory(0o755), "d"), at(null, top, "d/new")),
			["d"],
			[],
		],
	])("%s", (_, ours, theirs, conflicting, merged) => {
		for (const result of [
			mergeChangesets({ ours, theirs, blobs }),
			mergeChangesets({ ours: theirs, theirs: ours, blobs }),
		]) {
			expect(result.conflicts.map(({ path }) => path)).toEqual(conflicting);
			expect(result.merged.changes.map(({ path }) => path)).toEqual(merged);
		}
	});

	test("changesets of different bases are misuse", () => {
		const merge = () => mergeChangesets({ ours: at(base, top), theirs: at(bottom, top), blobs });
		expect(merge).toThrow(expect.objectContaining({ code: "USAGE" }));
	});

	test("merging is symmetric, and a merge without conflicts applies (200 seeds from 9000)", () => {
		let clean = 0;
		for (let seed = 9000; seed < 9200; seed++) {
			const random = seeded(seed);
			const leaves = randomLeaves(random, blobs);
			const tree = treeOf(leaves, blobs);
			const [ours, theirs] = [0, 1].map(() => diffTrees(tree, treeOf(mutated(random, blobs, leaves), blobs)));
			if (ours === undefined || theirs === undefined) throw new Error("two sides");
			const [one, other] = [
				mergeChangesets({ ours, theirs, blobs }),
				mergeChangesets({ ours: theirs, theirs: ours, blobs }),
			];
			expect(other.merged, `seed ${seed}`).toEqual(one.merged);
			expect(
				other.conflicts.map(({ path }) => path),
				`seed ${seed}`,
			).toEqual(one.conflicts.map(({ path }) => path));
			if (one.conflicts.length > 0) continue;
			clean++;
			const both = contentsOf(applyToTree(tree, one.merged));
			for (const { path, now } of ours.changes) {
				if (theirs.changes.every((change) => change.path !== path))
					expect(both[path] ?? null, `seed ${seed}`).toEqual(now);
			}
		}
		expect(clean).toBeGreaterThan(20);
	});
});

test("a conflict is written out with diff3 markers", () => {
	const [conflict] = mergeChangesets({ ours: at(base, top), theirs: at(base, otherTop), blobs }).conflicts;
	if (conflict === undefined) throw new Error("no conflict");
	expect(Buffer.from(conflictMarkers(conflict, blobs) ?? []).toString()).toBe(
		"<<<<<<< ours\none\n||||||| base\n1\n=======\nuno\n>>>>>>> theirs\n2\n3\n4\n5\n6\n7\n",
	);
	const [other] = mergeChangesets({ ours: at(base, null), theirs: at(base, top), blobs }).conflicts;
	expect(other && conflictMarkers(other, blobs)).toBeNull();
});

test("texts that would take too long to align are a conflict, at once", () => {
	const repeated = (last: string) => file(blobs, `start ${last}\n${"same\n".repeat(100_000)}${last}\n`);
	const started = performance.now();
	const { conflicts } = mergeChangesets({
		ours: at(repeated("a"), repeated("b")),
		theirs: at(repeated("a"), repeated("c")),
		blobs,
	});
	expect(conflicts.map(({ kind }) => kind)).toEqual(["too-large"]);
	expect(performance.now() - started).toBeLessThan(2000);
});

describe("conflicts with a tree", () => {
	const tree = treeOf(
		new Map([
			[treePath("x"), base],
			[treePath("d/listed"), base],
			[treePath("d/more"), base],
		]),
		blobs,
	);
	const d = directory(0o755);
	test.each<readonly [string, Changeset, readonly string[]]>([
		["what fits", at(base, top), []],
		["what is there already", at(top, base), []],
		["a deletion that was made already", at(base, null, "gone"), []],
		["a creation", together(at(null, d, "n"), at(null, top, "n/f")), []],
		["a file that was changed", at(top, bottom), ["x changed"]],
		["a file that is in the way", at(null, top), ["x changed"]],
		["a file that is gone", at(base, top, "gone"), ["gone changed"]],
		["a file below a file", at(null, top, "x/below"), ["x/below parent-not-directory"]],
		["a file in a directory that is not there", at(null, top, "n/f"), ["n/f parent-not-directory"]],
		["a file that makes way for a directory", together(at(base, d), at(null, top, "x/below")), []],
		["a directory with more in it", together(at(d, null, "d"), at(base, null, "d/listed")), ["d directory-not-empty"]],
		[
			"a directory with all in it",
			together(at(d, null, "d"), at(base, null, "d/listed"), at(base, null, "d/more")),
			[],
		],
	])("%s", (_, changeset, expected) => {
		expect(findConflicts(changeset, tree).map(({ path, reason }) => `${path} ${reason}`)).toEqual(expected);
	});

	test("a conflict tells all three sides", () => {
		expect(findConflicts(at(top, bottom), tree)).toEqual([
			{ path: "x", reason: "changed", was: top, wanted: bottom, found: base },
		]);
	});
});
