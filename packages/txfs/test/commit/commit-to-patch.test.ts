import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryBlobs } from "@retake/changeset";
import { changesetBetween, needs, normalisePlantedTree, plantTree, readPlantedTree } from "@retake/testkit";
import { commitToPatch } from "@retake/txfs";
import { afterEach, beforeEach, expect, test } from "vitest";

let place = "";
const blobs = createMemoryBlobs();
const before = { "edited@755": "one\ntwo\n", gone: "gone\n", link: "-> edited" };
const after = {
	"edited@755": "one\nTWO\n",
	link: "-> elsewhere",
	folder: null,
	"folder/new": "no newline",
	binary: "\0\u0001",
};
const changeset = changesetBetween(before, after, blobs);

beforeEach(() => {
	place = mkdtempSync(join(tmpdir(), "retake-patch-"));
});
afterEach(() => rmSync(place, { recursive: true }));

test("git apply takes the patch and makes the tree, and nothing is beside it", () => {
	const file = join(place, "fix.patch");
	const bytes = commitToPatch({ file, changeset, blobs, overwrite: false });
	expect(readFileSync(file)).toHaveLength(bytes);
	expect(readdirSync(place)).toEqual(["fix.patch"]);
	const tree = join(place, "tree");
	mkdirSync(tree);
	plantTree(tree, before);
	execFileSync("git", ["apply", file], { cwd: tree });
	expect(readPlantedTree(tree)).toEqual(normalisePlantedTree(after));
});

test("a file that is there stays as it is, unless it may be replaced", () => {
	const file = join(place, "fix.patch");
	writeFileSync(file, "somebody's");
	expect(() => commitToPatch({ file, changeset, blobs, overwrite: false })).toThrow(
		expect.objectContaining({ code: "USAGE", remedy: expect.stringContaining("--overwrite") }),
	);
	expect(readFileSync(file, "utf8")).toBe("somebody's");
	commitToPatch({ file, changeset, blobs, overwrite: true });
	expect(readFileSync(file, "utf8")).toContain("diff --git a/edited b/edited");
	expect(readdirSync(place)).toEqual(["fix.patch"]);
});

test("a link in the file's place is replaced, not followed", () => {
	writeFileSync(join(place, "elsewhere"), "precious");
	symlinkSync("elsewhere", join(place, "fix.patch"));
	commitToPatch({ file: join(place, "fix.patch"), changeset, blobs, overwrite: true });
	expect(readFileSync(join(place, "elsewhere"), "utf8")).toBe("precious");
});

test("a directory that is not there, and a directory in the file's place", () => {
	mkdirSync(join(place, "taken"));
	for (const file of [join(place, "no/fix.patch"), join(place, "taken")]) {
		expect(() => commitToPatch({ file, changeset, blobs, overwrite: true })).toThrow(
			expect.objectContaining({ code: "USAGE" }),
		);
	}
	expect(readdirSync(place)).toEqual(["taken"]);
});

test("a full disk leaves the old patch and nothing else", needs("root"), () => {
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=16k", "none", place]);
	try {
		const file = join(place, "fix.patch");
		writeFileSync(file, "old");
		const large = changesetBetween({}, { large: "x\n".repeat(50_000) }, blobs);
		expect(() => commitToPatch({ file, changeset: large, blobs, overwrite: true })).toThrow(
			expect.objectContaining({ code: "DISK_FULL" }),
		);
		expect(readFileSync(file, "utf8")).toBe("old");
		expect(readdirSync(place)).toEqual(["fix.patch"]);
	} finally {
		execFileSync("umount", [place]);
	}
});
