import { createMemoryBlobs, mergeChangesets } from "@retake/changeset";
import { expect, test } from "vitest";
import { readTruthTables } from "./truth-table.ts";

const blobs = createMemoryBlobs();
const rows = readTruthTables(blobs);

test("docs/merging.md has its rows, and one for every kind of conflict that a row can show", () => {
	expect(rows.length).toBeGreaterThan(75);
	const kinds = new Set(rows.flatMap(({ conflicts }) => conflicts.map(([, kind]) => kind)));
	expect([...kinds].sort()).toEqual([
		"add-add",
		"binary",
		"content",
		"delete-edit",
		"mode",
		"structure",
		"symlink",
		"type",
	]);
	expect(new Set(rows.map(({ text }) => text)).size).toBe(rows.length);
});

test.each(rows.map((row) => [row.text, row] as const))("%s", (_, { ours, theirs, merged, conflicts }) => {
	for (const changesets of [
		[ours, theirs],
		[theirs, ours],
	]) {
		const result = mergeChangesets({ changesets, blobs });
		expect(result.conflicts.map(({ path, kind }) => [path, kind])).toEqual(conflicts);
		expect(result.merged).toEqual(merged);
	}
});
