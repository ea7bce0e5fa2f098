import { Buffer } from "node:buffer";
import {
	type Changeset,
	conflictMarkers,
	conflictRegions,
	createChangeset,
	createMemoryBlobs,
	emptyChangeset,
	mergeChangesets,
	mergeFileBytesMax,
	type TreeNode,
	treePath,
} from "@retake/changeset";
import { describe, expect, test } from "vitest";
import { file } from "../model/model-tree.ts";
import { processorMs } from "../model/processor-time.ts";

const blobs = createMemoryBlobs();
const at = (was: TreeNode | null, now: TreeNode | null, path = "x"): Changeset =>
	createChangeset([{ path: treePath(path), was, now }]);
const texts = (base: string, ...sides: readonly string[]) =>
	mergeChangesets({ changesets: sides.map((side) => at(file(blobs, base), file(blobs, side))), blobs });
const textOf = (changeset: Changeset): string | null => {
	const [change] = changeset.changes;
	return change?.now?.kind === "file" ? Buffer.from(blobs.read(change.now.content)).toString() : null;
};

test("nothing merges to nothing, and one changeset, once or thrice, to itself", () => {
	const one = at(null, file(blobs, "a"));
	expect(mergeChangesets({ changesets: [], blobs })).toEqual({ merged: emptyChangeset, conflicts: [] });
	expect(mergeChangesets({ changesets: [one], blobs })).toEqual({ merged: one, conflicts: [] });
	expect(mergeChangesets({ changesets: [one, one, emptyChangeset, one], blobs })).toEqual({
		merged: one,
		conflicts: [],
	});
});

test("changesets of different bases are misuse", () => {
	const changesets = ["a", "b", "c"].map((text) => at(file(blobs, text), null));
	expect(() => mergeChangesets({ changesets, blobs })).toThrow(expect.objectContaining({ code: "USAGE" }));
});

test("four edits of one text are merged at once", () => {
	const { merged, conflicts } = texts(
		"1\n2\n3\n4\n5\n6\n7\n8\n",
		"one\n2\n3\n4\n5\n6\n7\n8\n",
		"1\n2\nthree\n4\n5\n6\n7\n8\n",
		"1\n2\n3\n4\n5\n7\n8\n",
		"1\n2\n3\n4\n5\n6\n7\n8\nnine",
	);
	expect(conflicts).toEqual([]);
	expect(textOf(merged)).toBe("one\n2\nthree\n4\n5\n7\n8\nnine");
});

describe("a conflict of texts", () => {
	const base = "1\n2\n3\n4\n5\n6\n7";
	const onlyConflict = (...sides: readonly string[]) => {
		const { conflicts } = texts(base, ...sides);
		if (conflicts[0] === undefined || conflicts.length > 1) throw new Error("not one conflict");
		return conflicts[0];
	};
	const written = (...sides: readonly string[]): string =>
		Buffer.from(conflictMarkers(onlyConflict(...sides), blobs) ?? []).toString();

	test("tells what the base and each side have, as data", () => {
		const conflict = onlyConflict("one\n2\n3\n4\n5\n6\n7", "uno\n2\n3\n4\n5\n6\nseven");
		expect(conflictRegions(conflict, blobs)?.filter(({ kind }) => kind === "conflict")).toEqual([
			{ kind: "conflict", base: ["1\n"], sides: [["one\n"], ["uno\n"]] },
		]);
	});
	test("is written out with the markers of diff3", () => {
		expect(written("one\n2\n3\n4\n5\n6\n7", "uno\n2\n3\n4\n5\n6\nseven")).toBe(
			"<<<<<<< ours\none\n||||||| base\n1\n=======\nuno\n>>>>>>> theirs\n2\n3\n4\n5\n6\nseven",
		);
	});
	test("of three sides shows each that differs, each once", () => {
		expect(written("1\n2\nA\n4\n5\n6\n7", "1\n2\nB\n4\n5\n6\n7", base, "1\n2\nA\n4\n5\n6\n7", "1\n2\n4\n5\n6\n7")).toBe(
			"1\n2\n<<<<<<< side 1\nA\n||||||| base\n3\n======= side 2\nB\n=======\n>>>>>>> side 5\n4\n5\n6\n7",
		);
	});
	test("at a file's end without a line feed keeps its markers on lines of their own", () => {
		expect(written("1\n2\n3\n4\n5\n6\nA", "1\n2\n3\n4\n5\n6\nB")).toBe(
			"1\n2\n3\n4\n5\n6\n<<<<<<< ours\nA\n||||||| base\n7\n=======\nB\n>>>>>>> theirs\n",
		);
	});
	test("has no regions where it is not between texts", () => {
		const deleted = mergeChangesets({
			changesets: [at(file(blobs, "a"), null), at(file(blobs, "a"), file(blobs, "b"))],
			blobs,
		});
		expect(deleted.conflicts.map((conflict) => conflictMarkers(conflict, blobs))).toEqual([null]);
	});
});

describe("bounded", () => {
	const repeated = (first: string, last: string) => `start ${first}\n${"same\n".repeat(100_000)}${last}\n`;
	const numbered = (first: string, last: string) =>
		`${first}\n${Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join("")}${last}\n`;

	test.each([
		["one line repeated", repeated],
		["lines that are all different", numbered],
	])("texts of 100,000 lines are merged soon: %s", (_, text) => {
		const started = processorMs();
		const { merged, conflicts } = texts(text("a", "a"), text("b", "a"), text("a", "c"));
		expect(conflicts).toEqual([]);
		expect(textOf(merged)).toBe(text("b", "c"));
		expect(texts(text("a", "a"), text("b", "b"), text("a", "c")).conflicts.map(({ kind }) => kind)).toEqual([
			"content",
		]);
		expect(processorMs() - started).toBeLessThan(5000);
	});
	test("texts that have nothing in common are a conflict, soon", () => {
		const lines = (word: string) => Array.from({ length: 100_000 }, (_, index) => `${word} ${index % 7}\n`).join("");
		const started = processorMs();
		expect(texts(lines("a"), lines("b"), lines("c")).conflicts.map(({ kind }) => kind)).toEqual(["content"]);
		expect(processorMs() - started).toBeLessThan(5000);
	});
	test("a text that is too large is said to be", () => {
		const large = "x\n".repeat(mergeFileBytesMax / 2 + 1);
		expect(texts("a", large, "b").conflicts.map(({ kind }) => kind)).toEqual(["too-large"]);
	});
});
