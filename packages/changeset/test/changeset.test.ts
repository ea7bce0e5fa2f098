import { Buffer } from "node:buffer";
import { isRetakeError } from "@retake/base";
import {
	applyToTree,
	changesetId,
	compose,
	createChangeset,
	createMemoryBlobs,
	decodeChangeset,
	diffTrees,
	emptyChangeset,
	encodeCanonical,
	encodeChangeset,
	invert,
	treePath,
	walkTree,
} from "@retake/changeset";
import { expect, test } from "vitest";
import { contentsOf, file, mutated, randomLeaves, treeOf } from "./model/model-tree.ts";
import { seeded } from "./model/random.ts";

/** Four trees, each a step after the one before. */
function history(seed: number) {
	const random = seeded(seed);
	const blobs = createMemoryBlobs();
	const leaves = [randomLeaves(random, blobs)];
	for (let step = 0; step < 3; step++) leaves.push(mutated(random, blobs, leaves[step] ?? new Map()));
	const trees = leaves.map((each) => treeOf(each, blobs));
	const [a, b, c, d] = trees as [(typeof trees)[0], (typeof trees)[0], (typeof trees)[0], (typeof trees)[0]];
	return { a, b, c, d, ab: diffTrees(a, b), bc: diffTrees(b, c), cd: diffTrees(c, d), ad: diffTrees(a, d) };
}

const seeds = Array.from({ length: 200 }, (_, index) => 5000 + index);

test.each([["seeds", seeds]])("over random histories (%s from 5000)", () => {
	for (const seed of seeds) {
		const { a, b, d, ab, bc, cd, ad } = history(seed);
		const shown = `seed ${seed}`;
		expect(contentsOf(applyToTree(a, ab)), shown).toEqual(contentsOf(b));
		expect(contentsOf(applyToTree(applyToTree(a, ab), invert(ab))), shown).toEqual(contentsOf(a));
		expect(compose(compose(ab, bc), cd), shown).toEqual(compose(ab, compose(bc, cd)));
		expect(compose(compose(ab, bc), cd), shown).toEqual(ad);
		expect(compose(ab, invert(ab)), shown).toEqual(emptyChangeset);
		expect(decodeChangeset(encodeChangeset(ad)), shown).toEqual(ad);
		expect(contentsOf(applyToTree(a, ad)), shown).toEqual(contentsOf(d));
		const [same, other] = [createChangeset([...ad.changes].reverse()), compose(ad, invert(cd))];
		expect(changesetId(same), shown).toBe(changesetId(ad));
		expect(changesetId(other) === changesetId(ad), shown).toBe(cd.changes.length === 0);
	}
});

test("the id of a changeset is pinned", () => {
	const blobs = createMemoryBlobs();
	const changes = [
		{ path: treePath("d"), was: null, now: { kind: "directory", mode: 0o755 } },
		{ path: treePath("d/\udcff"), was: file(blobs, "old"), now: file(blobs, "new", 0o755) },
		{ path: treePath("link"), was: { kind: "symlink", target: "/x" }, now: null },
	] as const;
	expect(changesetId(createChangeset(changes))).toBe(
		"62d16ab7a610d2c6ec9f07e2b75d7c74a42a1a0e7299245ba0581e0dab376a49",
	);
	expect(Buffer.from(encodeChangeset(emptyChangeset)).toString("hex")).toBe("920190");
});

test("what changes nothing is dropped, and a path given twice is our bug", () => {
	const blobs = createMemoryBlobs();
	const path = treePath("x");
	const node = file(blobs, "a");
	expect(createChangeset([{ path, was: node, now: { ...node } }])).toEqual(emptyChangeset);
	const twice = { path, was: null, now: node };
	expect(() => createChangeset([twice, twice])).toThrow(expect.objectContaining({ code: "BUG" }));
});

test("changesets that do not follow one another are not composed", () => {
	const blobs = createMemoryBlobs();
	const path = treePath("x");
	const first = createChangeset([{ path, was: null, now: file(blobs, "a") }]);
	const second = createChangeset([{ path, was: file(blobs, "b"), now: null }]);
	try {
		compose(first, second);
		expect.unreachable("they were composed");
	} catch (error) {
		expect(isRetakeError(error, "CONFLICT") && error.data).toMatchObject({ path: "x" });
	}
});

test("bytes that are no changeset are refused", () => {
	const entry = (path: string) => [Buffer.from(path), null, [3, 0o755]];
	for (const value of [
		{},
		[2, []],
		[1, [entry("b"), entry("a")]],
		[1, [entry("a"), entry("a")]],
		[1, [[Buffer.from("a"), null, null]]],
		[1, [[Buffer.from("a"), null, [3, 0o7777]]]],
		[1, [[Buffer.from("a"), null, [1, 0o644, -1, new Uint8Array(32)]]]],
	]) {
		const bytes = encodeCanonical(value);
		expect(() => decodeChangeset(bytes), JSON.stringify(value)).toThrow(
			expect.objectContaining({ code: "ENCODING_INVALID" }),
		);
	}
	expect(() => decodeChangeset(encodeCanonical([1, [entry("../x")]] as never))).toThrow(
		expect.objectContaining({ code: "PATH_REFUSED" }),
	);
});

test("a walk gives directories before what is in them, and reaches any depth", () => {
	const blobs = createMemoryBlobs();
	const tree = treeOf(
		new Map([
			[treePath("b/x"), file(blobs, "")],
			[treePath("a-b"), file(blobs, "")],
			[treePath("a/y/z"), file(blobs, "")],
		]),
		blobs,
	);
	expect(Array.from(walkTree(tree), ({ path }) => path)).toEqual(["a", "a/y", "a/y/z", "a-b", "b", "b/x"]);
	expect(Array.from(walkTree(tree, treePath("a")), ({ path }) => path)).toEqual(["a/y", "a/y/z"]);
	const deep = treeOf(new Map([[treePath(Array.from({ length: 500 }, () => "d").join("/")), file(blobs, "")]]), blobs);
	expect(Array.from(walkTree(deep))).toHaveLength(500);
});
