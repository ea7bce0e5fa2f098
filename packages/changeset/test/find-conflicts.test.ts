import {
	type Changeset,
	createChangeset,
	createMemoryBlobs,
	findConflicts,
	type TreeNode,
	treePath,
} from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { file, treeOf } from "./model/model-tree.ts";

const blobs = createMemoryBlobs();
const base = file(blobs, "1\n2\n3\n4\n5\n6\n7\n");
const top = file(blobs, "one\n2\n3\n4\n5\n6\n7\n");
const bottom = file(blobs, "1\n2\n3\n4\n5\n6\nseven\n");
const directory = (mode: number): TreeNode => ({ kind: "directory", mode });

const at = (was: TreeNode | null, now: TreeNode | null, path = "x"): Changeset =>
	createChangeset([{ path: treePath(path), was, now }]);
const together = (...changesets: readonly Changeset[]): Changeset =>
	createChangeset(changesets.flatMap(({ changes }) => changes));

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
